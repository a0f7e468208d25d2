"""The directory of a run: whose it is."""

from pathlib import Path
from typing import Any

from minibert.errors import InputError
from minibert.files import is_free
from minibert.json_files import read_json, write_json
from minibert.options import changed_since, complete, to_json

_CONFIG = "config.json"
# Options that may change from one start to the next: where things are, how often they are saved,
# and those of which `resolved` has what they mean.
MAY_CHANGE = frozenset(
    {
        *("data_dir", "vocab_file", "model_dir", "checkpoint_steps"),
        *("bert_config", "init_checkpoint", "precision"),
        *("teacher_outputs_dir", "teacher_dir", "transfer_dir"),
    }
)


def check_run_directory(
    model_dir: Path, config: Any, resolved: dict[str, Any] | None = None
) -> bool:
    """Checks that a directory is free, or holds the same run.

    Args:
      model_dir: the directory.
      config: the options of the run.
      resolved: as of `claim_run_directory`; not compared if it is None.

    Returns:
      Whether it holds the run.

    Raises:
      InputError: the directory holds another run, or something else.
    """
    found = _recorded(model_dir)
    if found is None:
        if not is_free(model_dir, _CONFIG):
            raise InputError(
                f"{model_dir}: exists and holds no run; remove it or name another --model_dir"
            )
        return False
    options = {name: value for name, value in to_json(config).items() if name not in MAY_CHANGE}
    recorded = found.get("options", {})
    for name, value in changed_since(type(config), recorded).items():
        if options[name] != value:
            raise InputError(
                f"{model_dir}: holds a run of before there was --{name}; add --{name}={value} to "
                "go on with it, or name another --model_dir"
            )
    before = complete(type(config), recorded)
    _compare(model_dir, {name: before[name] for name in before if name not in MAY_CHANGE}, options)
    if resolved is not None:
        # What an older run did not record cannot be compared.
        known = found.get("resolved", {})
        _compare(model_dir, known, {name: resolved[name] for name in resolved if name in known})
    return True


def recorded_resolved(model_dir: Path) -> dict[str, Any] | None:
    """What `claim_run_directory` has recorded of a run beside its options; None if there is none.

    Raises:
      InputError: the record is damaged.
    """
    found = _recorded(model_dir)
    return None if found is None else found.get("resolved", {})


def _recorded(model_dir: Path) -> dict[str, dict[str, Any]] | None:
    path = model_dir / _CONFIG
    if not path.exists():
        return None
    remedy = "remove the directory or name another --model_dir"
    return read_json(path, dict[str, dict[str, Any]], remedy)


def _compare(model_dir: Path, before: dict[str, Any], now: dict[str, Any]) -> None:
    for name in {**before, **now}:
        old, new = (_as_json(values.get(name)) for values in (before, now))
        if old != new:
            raise InputError(
                f"{model_dir}: holds another run, with {name}={old!r} where this one has {new!r}; "
                "name another --model_dir, or give the same options to go on"
            )


def _as_json(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def claim_run_directory(model_dir: Path, config: Any, resolved: dict[str, Any]) -> None:
    """Writes the run's configuration into a directory that `check_run_directory` has not refused.

    Args:
      model_dir: the directory; made if it is not there.
      config: the options of the run.
      resolved: what else determines its result, such as checksums of its input; as JSON has it.
    """
    if not (model_dir / _CONFIG).exists():
        model_dir.mkdir(parents=True, exist_ok=True)
        write_json(model_dir / _CONFIG, {"options": to_json(config), "resolved": resolved})
