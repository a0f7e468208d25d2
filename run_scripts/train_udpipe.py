"""Trains a model of UDPipe 1 that cuts raw text into sentences and words, for tag.py.

python run_scripts/train_udpipe.py --conllu=testdata/ud/en_demo --output=/tmp/en.udpipe

echo "The dog barks. It is old." | python run_scripts/tag.py --model=/tmp/model \\
    --input_format=text --segmenter=udpipe --udpipe_model=/tmp/en.udpipe
"""

from minibert.cli import run
from minibert.serving.train_udpipe_config import TrainUdpipeConfig


def main(config: TrainUdpipeConfig) -> None:
    from minibert.serving.train_udpipe import train_udpipe

    train_udpipe(config)


if __name__ == "__main__":
    run(TrainUdpipeConfig, main)
