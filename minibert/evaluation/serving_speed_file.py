"""The speed of models in the JSON of `benchmark.py`, as far as a report shows it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta

from minibert.json_files import read_json

_REMEDY = "give the JSON of benchmark.py with the suite serving"
_Name = Annotated[str, Meta(max_length=100)]
# A table has a column for each name of any model.
_MAX_NAMES, _MAX_MODELS = 20, 100
_Figure = Annotated[float, Meta(ge=0, le=1e12)]


@dataclass(frozen=True)
class Latency:
    """Milliseconds for one sentence: the median and the 95th percentile."""

    p50: _Figure
    p95: _Figure


@dataclass(frozen=True)
class ServingSpeed:
    """Of one model.

    Attributes:
      latency_milliseconds: words of a sentence to what it takes.
      words_per_second: by workload.
      resident_megabytes: of the process.
    """

    latency_milliseconds: Annotated[Mapping[_Name, Latency], Meta(max_length=_MAX_NAMES)]
    words_per_second: Annotated[Mapping[_Name, _Figure], Meta(max_length=_MAX_NAMES)]
    resident_megabytes: _Figure


@dataclass(frozen=True)
class _Serving:
    models: Annotated[Mapping[_Name, ServingSpeed], Meta(min_length=1, max_length=_MAX_MODELS)]


@dataclass(frozen=True)
class _BenchmarkFile:
    serving: _Serving


def read_serving_speeds(path: str) -> Mapping[str, ServingSpeed]:
    """Model to speed.

    Raises:
      InputError: the file is not as `benchmark.py` writes it, or without that suite.
    """
    return read_json(path, _BenchmarkFile, _REMEDY).serving.models
