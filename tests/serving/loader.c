/* Load a SavedModel with TensorFlow's C++ loader, the code TF-Serving calls, and run one request.

   loader MODEL_DIR INPUT_OPERATION OUTPUT_OPERATION OUTPUT_INDEX IMAGE_FILE > ANSWER_FILE */

#include <stdio.h>
#include <stdlib.h>

#include "tensorflow/c/c_api.h"

static void check(TF_Status* status, const char* what) {
  if (TF_GetCode(status) == TF_OK) return;
  fprintf(stderr, "%s: %s\n", what, TF_Message(status));
  exit(1);
}

static void free_string(void* data, size_t size, void* arg) {
  (void)size, (void)arg;
  TF_StringDealloc((TF_TString*)data);
  free(data);
}

static TF_Tensor* string_tensor_of_file(const char* path) {
  FILE* file = fopen(path, "rb");
  if (!file) return NULL;
  fseek(file, 0, SEEK_END);
  size_t size = (size_t)ftell(file);
  rewind(file);
  char* bytes = malloc(size + 1);
  size = fread(bytes, 1, size, file);
  fclose(file);
  TF_TString* string = malloc(sizeof(TF_TString));
  TF_StringInit(string);
  TF_StringCopy(string, bytes, size);
  free(bytes);
  int64_t shape[1] = {1};
  return TF_NewTensor(TF_STRING, shape, 1, string, sizeof(TF_TString), free_string, NULL);
}

int main(int argc, char** argv) {
  if (argc != 6) return 2;
  TF_Status* status = TF_NewStatus();
  TF_Graph* graph = TF_NewGraph();
  TF_SessionOptions* options = TF_NewSessionOptions();
  const char* tags[] = {"serve"};
  TF_Session* session =
      TF_LoadSessionFromSavedModel(options, NULL, argv[1], tags, 1, graph, NULL, status);
  check(status, "load");
  TF_Output input = {TF_GraphOperationByName(graph, argv[2]), 0};
  TF_Output output = {TF_GraphOperationByName(graph, argv[3]), atoi(argv[4])};
  TF_Tensor* question = string_tensor_of_file(argv[5]);
  if (!input.oper || !output.oper || !question) return 3;
  TF_Tensor* answer = NULL;
  TF_SessionRun(session, NULL, &input, &question, 1, &output, &answer, 1, NULL, 0, NULL, status);
  check(status, "run");
  const TF_TString* png = TF_TensorData(answer);
  fwrite(TF_StringGetDataPointer(png), 1, TF_StringGetSize(png), stdout);
  TF_DeleteTensor(question);
  TF_DeleteTensor(answer);
  TF_CloseSession(session, status);
  TF_DeleteSession(session, status);
  TF_DeleteSessionOptions(options);
  TF_DeleteGraph(graph);
  TF_DeleteStatus(status);
  return 0;
}
