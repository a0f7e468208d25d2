"""Options of `build_box.py`."""

from dataclasses import dataclass

from minibert.options import option


@dataclass(frozen=True)
class BuildBoxConfig:
    """Options of making the model that comes with the package; see the help of each."""

    export: str = option("EXPORT_DIR/VERSION of export.py, with model.tflite.")
    evaluation: str = option("metrics.json of evaluate.py --model=MODEL.tflite.")
    teacher_evaluation: str = option("metrics.json of evaluate.py of its teacher.")
    index: str = option(
        "INDEX.tsv of the treebanks that it was trained and evaluated on: tab-separated columns "
        "with the heads treebank, language, licence and split, a line a file."
    )
    attribution: str = option(
        "ATTRIBUTION.tsv: the treebanks, their authors and licences. It goes into the package."
    )
    training: str = option("What it was trained on, with what, how long: a line for the card.")
    license: str = option("Licence of the model: a line for the card.")
    output_dir: str = option(
        "Directory to write; it must not exist. What is in it belongs into minibert/box."
    )
    zero_shot_evaluation: str | None = option(
        "metrics.json of its model.tflite on treebanks of languages that it has not been shown.",
        None,
    )
