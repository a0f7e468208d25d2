"""The directory of a run: whose it is, and what has been measured in it."""

import hashlib
import json
from pathlib import Path
from typing import Any

from minibert.data.dataset_info import DatasetInfo
from minibert.errors import InputError
from minibert.files import write_json
from minibert.options import read_json_object, to_json

_CONFIG, _HISTORY = "config.json", "history.json"
# Options that may change from one start to the next: where things are, how often they are saved,
# and those of which `resolved` has what they mean.
MAY_CHANGE = frozenset(
    {
        *("data_dir", "vocab_file", "model_dir", "checkpoint_steps"),
        *("bert_config", "init_checkpoint", "precision"),
    }
)


def claim_run_directory(model_dir: Path, config: Any, resolved: dict[str, Any]) -> None:
    """Writes the run's configuration into its directory, or checks that it is the same run's.

    Args:
      model_dir: the directory; made if it is not there.
      config: the options of the run.
      resolved: what else determines its result, such as checksums of its input; as JSON has it.

    Raises:
      InputError: the directory holds another run, or something else.
    """
    content = {"options": to_json(config), "resolved": resolved}
    path = model_dir / _CONFIG
    if not path.exists():
        if model_dir.exists() and not _is_empty(model_dir):
            raise InputError(
                f"{model_dir}: exists and holds no run; remove it or name another --model_dir"
            )
        model_dir.mkdir(parents=True, exist_ok=True)
        write_json(path, content)
        return
    found = read_json_object(path, "remove the directory or name another --model_dir")
    for part, values in content.items():
        before = found.get(part)
        for name, value in values.items():
            value = list(value) if isinstance(value, tuple) else value
            old = before.get(name) if isinstance(before, dict) else None
            may_change = part == "options" and name in MAY_CHANGE
            if old != value and not may_change:
                raise InputError(
                    f"{model_dir}: holds another run, with {name}={old!r} where this one has "
                    f"{value!r}; name another --model_dir, or give the same options to go on"
                )


def _is_empty(model_dir: Path) -> bool:
    """Whether a directory holds nothing, or only what a run killed at its start has left."""
    return model_dir.is_dir() and all(
        path.name.startswith(f".{_CONFIG}.") for path in model_dir.iterdir()
    )


def data_fingerprint(info: DatasetInfo) -> str:
    """A checksum of what the records of a data set hold, wherever it is."""
    parts = [
        [part.treebank, part.split, *(shard.sha256 for shard in part.shards)] for part in info.parts
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


class History:
    """What was measured after each epoch, in `history.json`."""

    def __init__(self, model_dir: Path, epochs_done: int):
        """Reads the history of a run of which `epochs_done` epochs are in its checkpoint."""
        self._path = model_dir / _HISTORY
        self.epochs: list[dict[str, Any]] = []
        if self._path.exists():
            remedy = "remove it; the run goes on, without the curves so far"
            epochs = read_json_object(self._path, remedy).get("epochs")
            if not isinstance(epochs, list):
                raise InputError(f"{self._path}: not as written by this tool; {remedy}")
            self.epochs = epochs[:epochs_done]

    def add(self, measured: dict[str, Any]) -> None:
        """Adds an epoch and writes the file."""
        self.epochs.append(measured)
        write_json(self._path, {"epochs": self.epochs})
