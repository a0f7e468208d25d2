"""Exports a trained model: a SavedModel for TensorFlow Serving, and model.tflite in int8.

python run_scripts/export.py --model_dir=/tmp/model --export_dir=/tmp/export/minibert

docker run -p 8501:8501 -v /tmp/export/minibert:/models/minibert -e MODEL_NAME=minibert \\
    tensorflow/serving

python run_scripts/tag.py --model=/tmp/export/minibert/1/model.tflite --input=in.conllu
"""

from minibert.cli import run
from minibert.serving.export_config import ExportConfig


def main(config: ExportConfig) -> None:
    from minibert.serving.export import export

    export(config)


if __name__ == "__main__":
    run(ExportConfig, main)
