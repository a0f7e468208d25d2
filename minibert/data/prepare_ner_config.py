"""Options of `prepare_ner.py`."""

from dataclasses import dataclass

from minibert.data.entity_options import EntityOptions
from minibert.data.labeled_data_config import LabeledDataConfig


@dataclass(frozen=True, kw_only=True)
class PrepareNerConfig(EntityOptions, LabeledDataConfig):
    """Options of preparing sentences with named entities; see the help of each."""

    def __post_init__(self) -> None:
        EntityOptions.__post_init__(self)
        LabeledDataConfig.__post_init__(self)
