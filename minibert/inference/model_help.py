"""What a user reads of `--model`, and what `--num_threads` may be, without TensorFlow."""

# More than the cores of a machine; of far more TensorFlow dies.
MAX_THREADS = 1024

_EXPORT = "the --export_dir of export.py, or one version in it; or the model.tflite in that"
MODEL_HELP = (
    "The model: the --model_dir of fine_tune.py or distill.py, of which the best weights are "
    f"used; {_EXPORT}, which starts at once."
)
DEFAULT_MODEL_HELP = f"{MODEL_HELP} Else the one that comes with minibert."
EXPORT_HELP = f"The model: {_EXPORT}. Else the one that comes with minibert."
