// Loads an exported model as TensorFlow Serving does, and prints the tags of the words that follow.
//
//   load_saved_model EXPORT_DIR/VERSION OUTPUT OPS.so... -- WORD...
#include <dlfcn.h>

#include <cstdio>
#include <string>
#include <vector>

#include "tensorflow/cc/saved_model/loader.h"
#include "tensorflow/core/framework/tensor.h"
#include "tensorflow/core/platform/status.h"
#include "tensorflow/core/public/session_options.h"

int main(int argc, char** argv) {
  int index = 3;
  // TensorFlow Serving has the operations of TensorFlow Text linked in.
  for (; index < argc && std::string(argv[index]) != "--"; ++index) {
    if (dlopen(argv[index], RTLD_NOW | RTLD_GLOBAL) == nullptr) {
      std::fprintf(stderr, "%s\n", dlerror());
      return 1;
    }
  }
  const std::vector<std::string> words(argv + index + 1, argv + argc);

  tensorflow::SavedModelBundleLite bundle;
  absl::Status status = tensorflow::LoadSavedModel(
      tensorflow::SessionOptions(), tensorflow::RunOptions(), argv[1],
      {"serve"}, &bundle);
  if (!status.ok()) {
    std::fprintf(stderr, "%s\n", status.ToString().c_str());
    return 1;
  }
  const auto& signature = bundle.GetSignatures().at("serving_default");
  tensorflow::Tensor input(tensorflow::DT_STRING,
                           {1, static_cast<long long>(words.size())});
  for (size_t i = 0; i < words.size(); ++i) {
    input.flat<tensorflow::tstring>()(i) = words[i];
  }
  std::vector<tensorflow::Tensor> outputs;
  status = bundle.GetSession()->Run({{signature.inputs().at("words").name(), input}},
                                    {signature.outputs().at(argv[2]).name()}, {}, &outputs);
  if (!status.ok()) {
    std::fprintf(stderr, "%s\n", status.ToString().c_str());
    return 1;
  }
  for (size_t i = 0; i < words.size(); ++i) {
    std::printf("%s\n", std::string(outputs[0].flat<tensorflow::tstring>()(i)).c_str());
  }
  return 0;
}
