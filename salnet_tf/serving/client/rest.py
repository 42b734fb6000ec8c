"""TF-Serving's REST predict call (KServe's v1 is the same but for `/versions/N`)."""

import base64
import json
import time

import urllib3


class Transport:
    """One server and model over HTTP.

    Args:
        url: `http://HOST:PORT`.
        model: the model's name.
        deadline: seconds for one call, its repetitions included.
        retries: repetitions of a call that did not get through (with growing pauses).
    """

    def __init__(self, url, model, deadline, retries):
        self._url = f"{url}/v1/models/{model}:predict"
        self._deadline = deadline
        self._pool = urllib3.PoolManager(maxsize=32)
        self._retries = retries

    def call(self, signature, name, values, output):
        """Byte strings in, byte strings out, one for each.

        Raises:
            ValueError: the server refuses the request, its own words; or another server's answer.
            ConnectionError: the server cannot be reached.
            TimeoutError: no answer before the deadline.
        """
        instances = [{name: {"b64": base64.b64encode(value).decode()}} for value in values]
        body = json.dumps({"signature_name": signature, "instances": instances})
        status, data = self._post(body)
        text = data[:200].decode(errors="replace")
        try:
            content = json.loads(data)
        except ValueError:
            content = None
        if status != 200:
            reason = content.get("error", text) if isinstance(content, dict) else text
            raise ValueError(f"The server refuses the request (HTTP {status}): {reason}")
        try:
            encoded = [row[output]["b64"] for row in content["predictions"]]
            return [base64.b64decode(one, validate=True) for one in encoded]
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"The answer lacks {output!r} as base64. Received: {text}") from error

    def close(self):
        """Close the connections."""
        self._pool.clear()

    def _post(self, body):
        """(status, body) of the answer."""
        ends = time.monotonic() + self._deadline
        for attempt in range(self._retries + 1):
            left = ends - time.monotonic()
            try:
                answer = self._pool.request(
                    "POST",
                    self._url,
                    body=body,
                    headers={"Content-Type": "application/json"},
                    timeout=urllib3.Timeout(total=max(left, 0.001)),
                    retries=False,
                    preload_content=False,
                )
                data = _body(answer, ends)
                if answer.status not in (429, 502, 503) or attempt == self._retries:
                    return answer.status, data
            except urllib3.exceptions.ReadTimeoutError as error:
                raise TimeoutError(
                    f"No answer within {self._deadline} s. Received: {self._url}"
                ) from error
            except urllib3.exceptions.HTTPError as error:
                pause = 0.1 * 2**attempt
                if attempt == self._retries or time.monotonic() + pause > ends:
                    raise ConnectionError(
                        f"The server cannot be reached. Received: {self._url} ({error})"
                    ) from error
            time.sleep(min(0.1 * 2**attempt, max(0.0, ends - time.monotonic())))
        raise TimeoutError(f"No answer within {self._deadline} s. Received: {self._url}")


def _body(answer, ends):
    """The body of an answer; urllib3's own limit is one for each part that arrives."""
    parts = []
    try:
        while part := answer.read1(1 << 16):
            parts.append(part)
            if time.monotonic() > ends:
                raise urllib3.exceptions.ReadTimeoutError(None, answer.url, "too slow")
    except BaseException:
        answer.close()
        raise
    answer.release_conn()
    return b"".join(parts)
