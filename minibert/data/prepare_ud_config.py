"""Options of `prepare_ud.py`."""

from dataclasses import dataclass

from minibert.data.labeled_data_config import LabeledDataConfig
from minibert.data.tasks import FEATS_UNANNOTATED_HELP
from minibert.options import option


@dataclass(frozen=True, kw_only=True)
class PrepareUdConfig(LabeledDataConfig):
    """Options of preparing treebanks; see the help of each."""

    input_dir: str = option(
        "Directory of treebanks: files TREEBANK-ud-SPLIT.conllu, plain, .gz or .xz, in it or one "
        "level below, as in a Universal Dependencies release."
    )
    treebanks: tuple[str, ...] = option("Treebanks to take, such as en_ewt,fr_gsd; else all.", ())
    # Older data sets have no such option; in JSON it is a list.
    feats_unannotated: tuple[str, ...] = option(FEATS_UNANNOTATED_HELP, (), before=[])
    skip_without_train: bool = option(
        "Leave out treebanks that have no train file, instead of refusing them.", False
    )
