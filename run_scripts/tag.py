"""Tags sentences with a trained model: CoNLL-U, words or raw text in, CoNLL-U out.

echo "The dog barks ." | python run_scripts/tag.py --model=/tmp/model --input_format=words

python run_scripts/tag.py --model=/tmp/model --input=in.conllu --output=out.conllu --scores
"""

from minibert.cli import run
from minibert.serving.tag_config import TagConfig


def main(config: TagConfig) -> None:
    from minibert.serving.tag_file import tag_file

    tag_file(config)


if __name__ == "__main__":
    run(TagConfig, main)
