"""Job configurations: a frozen dataclass is the one definition of flags, defaults and help."""

import dataclasses
import sys
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from absl import flags

from minibert.errors import InputError
from minibert.files import is_utf8

# Of an integer flag: what TensorFlow takes.
_MAX_INTEGER = 2**31 - 1

Config = TypeVar("Config")


def option(
    help: str,
    default: Any = dataclasses.MISSING,
    choices: Sequence[str] | None = None,
    *,
    before: Any = dataclasses.MISSING,
) -> Any:
    """A dataclass field that is also a flag; without a default the flag is required.

    Args:
      help: what the flag does.
      default: its value where it is not given.
      choices: all values that it takes; else any.
      before: the value that says what jobs did when there was no such flag, if not the default.
    """
    before = default if before is dataclasses.MISSING else before
    metadata = {"help": help, "choices": choices, "before": before}
    return dataclasses.field(default=default, metadata=metadata)


def with_default(config_class: Any, name: str, default: Any) -> Any:
    """An option of a base class again, for a subclass, with another default."""
    (field,) = (field for field in dataclasses.fields(config_class) if field.name == name)
    return dataclasses.field(default=default, metadata={**field.metadata, "before": default})


def define_flags(
    config_class: type[Config], flag_values: flags.FlagValues = flags.FLAGS
) -> Callable[[], Config]:
    """Defines a flag for every field of a dataclass whose fields are `option`s.

    Args:
      config_class: the dataclass.
      flag_values: where they are defined.

    Returns:
      A function that builds the configuration from the parsed flags.
    """
    types_by_name = typing.get_type_hints(config_class)
    for field in dataclasses.fields(config_class):  # type: ignore[arg-type]
        _define(field, types_by_name[field.name], flag_values)
        flag_values.register_key_flag_for_module(sys.argv[0], flag_values[field.name])

    def build() -> Config:
        values = {}
        for field in dataclasses.fields(config_class):  # type: ignore[arg-type]
            value = flag_values[field.name].value
            for text in value if isinstance(value, list) else [value]:
                _check_utf8(field.name, text)
            values[field.name] = tuple(value) if isinstance(value, list) else value
        return config_class(**values)

    return build


def _check_utf8(name: str, value: Any) -> None:
    """What is not text cannot be written as JSON, and TensorFlow takes no such path."""
    if isinstance(value, str) and not is_utf8(value):
        raise InputError(f"--{name}={value!a}: not UTF-8; rename the file or directory")


def _define(field: dataclasses.Field, kind: Any, flag_values: flags.FlagValues) -> None:
    required = field.default is dataclasses.MISSING
    default: Any = None if required else field.default
    text = f"Required. {field.metadata['help']}" if required else field.metadata["help"]
    if field.metadata["choices"]:
        choices = field.metadata["choices"]
        flags.DEFINE_enum(field.name, default, choices, text, flag_values, required=required)
        return
    if isinstance(kind, types.UnionType):
        kind = next(part for part in typing.get_args(kind) if part is not types.NoneType)
    if typing.get_origin(kind) is tuple:
        default = None if default is None else list(default)
        flags.DEFINE_list(field.name, default, text, flag_values, required=required)
        return
    define = {
        bool: flags.DEFINE_bool,
        int: flags.DEFINE_integer,
        float: flags.DEFINE_float,
        str: flags.DEFINE_string,
    }[kind]
    bounds = {"upper_bound": _MAX_INTEGER} if kind is int else {}
    define(field.name, default, text, flag_values=flag_values, required=required, **bounds)


def check(config: Any, name: str, accepted: Callable[[Any], bool], expected: str) -> None:
    """Checks one option of a configuration, for use in `__post_init__`.

    Raises:
      InputError: the value is not accepted; the message names the flag and what is expected.
    """
    value = getattr(config, name)
    if not accepted(value):
        value = ",".join(value) if isinstance(value, tuple) else value
        raise InputError(f"--{name}={value}: {expected}")


def changed_since(config_class: Any, options: Mapping[str, Any]) -> dict[str, Any]:
    """Options that an older job did not have and whose default is not what it did: what it did."""
    return {
        field.name: field.metadata["before"]
        for field in dataclasses.fields(config_class)
        if field.name not in options and field.metadata["before"] != field.default
    }


def complete(config_class: Any, options: Mapping[str, Any]) -> dict[str, Any]:
    """The options of an older job in full: those that it did not have say what it did.

    Args:
      config_class: the dataclass of the job's options today.
      options: the job's own, as of `to_json`.
    """
    before = {
        field.name: field.metadata["before"]
        for field in dataclasses.fields(config_class)
        if field.metadata["before"] is not dataclasses.MISSING
    }
    return {**before, **options}


def to_json(config: Any) -> dict[str, Any]:
    """The configuration as a JSON object."""
    return dataclasses.asdict(config)
