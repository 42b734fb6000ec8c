"""TF-Serving's gRPC predict call."""

import json

import grpc

from salnet_tf.serving.client import messages

_METHOD = "/tensorflow.serving.PredictionService/Predict"
_MOST_RETRIES = 4  # gRPC makes five attempts, whatever the policy says


class Transport:
    """One server and model over gRPC.

    Args:
        url: `grpc://HOST:PORT`.
        model: the model's name.
        deadline: seconds for one call, its repetitions included.
        retries: repetitions, by gRPC's own policy, of a call that did not get through; up to 4.

    Raises:
        ValueError: more repetitions than gRPC allows.
    """

    def __init__(self, url, model, deadline, retries):
        if retries > _MOST_RETRIES:
            raise ValueError(f"retries of gRPC are {_MOST_RETRIES} at most. Received: {retries}")
        self._url, self._model, self._deadline = url, model, deadline
        policy = {
            "maxAttempts": max(retries + 1, 2),
            "initialBackoff": "0.1s",
            "maxBackoff": "2s",
            "backoffMultiplier": 2,
            "retryableStatusCodes": ["UNAVAILABLE"],
        }
        config = {"methodConfig": [{"name": [{}], "retryPolicy": policy}]}
        options = [
            ("grpc.max_receive_message_length", -1),
            ("grpc.max_send_message_length", -1),
            ("grpc.enable_retries", int(retries > 0)),
            ("grpc.service_config", json.dumps(config)),
        ]
        self._channel = grpc.insecure_channel(url.removeprefix("grpc://"), options)
        self._predict = self._channel.unary_unary(
            _METHOD,
            request_serializer=messages.PredictRequest.SerializeToString,
            response_deserializer=messages.PredictResponse.FromString,
        )

    def call(self, signature, name, values, output):
        """Byte strings in, byte strings out, one for each; raises as `rest_transport` does."""
        tensor = messages.strings(values)
        request = messages.predict_request(self._model, signature, name, tensor, [output])
        try:
            answer = self._predict(request, timeout=self._deadline)
        except grpc.RpcError as error:
            raise self._in_words(error) from error
        outputs = {entry.key: entry.value for entry in answer.outputs}
        if output not in outputs:
            raise ValueError(f"The answer lacks {output!r}. Received: {', '.join(outputs)}")
        return list(outputs[output].string_val)

    def close(self):
        """Close the channel."""
        self._channel.close()

    def _in_words(self, error):
        code = error.code()
        if code == grpc.StatusCode.UNAVAILABLE:
            return ConnectionError(
                f"The server cannot be reached. Received: {self._url} ({error.details()})"
            )
        if code == grpc.StatusCode.DEADLINE_EXCEEDED:
            return TimeoutError(f"No answer within {self._deadline} s. Received: {self._url}")
        return ValueError(f"The server refuses the request ({code.name}): {error.details()}")
