"""Options of `export.py`."""

from dataclasses import dataclass

from minibert.options import check, option


@dataclass(frozen=True)
class ExportConfig:
    """Options of an export; see the help of each."""

    model_dir: str = option(
        "Directory of a run of fine_tune.py or distill.py; its best weights are exported."
    )
    export_dir: str = option(
        "Directory that TensorFlow Serving watches; the model is written to its VERSION/."
    )
    version: int | None = option("Number of the version; the next one, if it is not given.", None)
    top_k: int = option(
        "Answer this many labels for each word, the likeliest first, at most as many as each task "
        "has; with 1 answers have no axis for them.",
        1,
    )
    tflite: bool = option("Write model.tflite, in int8, which runs without TensorFlow.", True)
    warmup: bool = option(
        "Write requests that TensorFlow Serving sends to itself before it answers others.", True
    )
    prune_vocabulary: str | None = option(
        "Directory of prepare_ud.py: wordpieces that its training part has not got are left out, "
        "and what that costs on its dev part is told.",
        None,
    )
    metrics: str | None = option(
        "metrics.json of evaluate.py, whose scores go into the model card.", None
    )
    data: str = option("What the model was trained on, a line for the model card.", "not stated")
    license: str = option(
        "Licences of that data, and of the model, a line for the model card.", "not stated"
    )

    def __post_init__(self) -> None:
        check(self, "version", lambda v: v is None or v >= 1, "must be at least 1")
        check(self, "top_k", lambda k: k >= 1, "must be at least 1")
