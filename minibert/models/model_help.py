"""What a user reads of `--model`."""

MODEL_HELP = (
    "The model: the --model_dir of fine_tune.py or distill.py, of which the best weights are "
    "used; the --export_dir of export.py, or one version in it; or the model.tflite in that, which "
    "starts at once."
)
