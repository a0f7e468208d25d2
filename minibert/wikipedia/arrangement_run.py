"""Runs the second stage, some groups at a time; what is arranged is not arranged again."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from minibert.wikipedia import beam_files
from minibert.wikipedia.arrangement import Source, arrange
from minibert.wikipedia.arrangement_plan import (
    Group,
    Plan,
    batches,
    by_language,
    plan_of_all,
    plan_of_some,
)
from minibert.wikipedia.article_sentences import Counts
from minibert.wikipedia.dump_parts import DumpPart
from minibert.wikipedia.prepare_wikipedia_config import PrepareWikipediaConfig
from minibert.wikipedia.running import pipelines


def run_arrangement(
    counts: Mapping[DumpPart, Counts],
    config: PrepareWikipediaConfig,
    beam_options: Sequence[str],
    *,
    work_dir: str,
    results_dir: str,
) -> list[Any]:
    """Writes the shards.

    Args:
      counts: of each part.
      config: the options.
      beam_options: flags of Apache Beam; without any, so much is arranged at a time as there is
        memory for. A runner of a cluster has all at once.
      work_dir: where the files of the parts are.
      results_dir: where the results of pipelines go.

    Returns:
      What is said of each shard, as `arrange` writes it.

    Raises:
      InputError: as `pipelines`.
    """
    work = _Batches(counts, config, beam_options, work_dir=work_dir, results_dir=results_dir)
    plan = plan_of_all(work.extracted, config)
    if config.max_sentences or config.max_sentences_per_language:
        different = {
            (line["language"], line["split"], line["cell"]): line["different"]
            for line in work.run("count", plan, count_only=True)
        }
        plan = plan_of_some(plan, different, work.extracted, config)
    return work.run("arrange", plan, count_only=False)


class _Batches:
    """Pipelines, one for what is arranged together."""

    def __init__(
        self,
        counts: Mapping[DumpPart, Counts],
        config: PrepareWikipediaConfig,
        beam_options: Sequence[str],
        *,
        work_dir: str,
        results_dir: str,
    ):
        self._parts = list(counts)
        self.extracted = by_language(counts)
        self._config = config
        self._beam_options = beam_options
        self._work_dir = work_dir
        self._results_dir = results_dir
        self._batches = batches(self.extracted)
        if beam_options:
            self._batches = [{group: size for of in self._batches for group, size in of.items()}]

    def run(self, name: str, plan: Plan, *, count_only: bool) -> list[Any]:
        """What all pipelines write into their results; one that has a result is not run."""
        results = {self._result(name, batch): batch for batch in self._batches}
        sizes = {path: sum(batch.values()) for path, batch in results.items()}

        def there() -> set[str]:
            return sizes.keys() & beam_files.files_in(self._results_dir)

        with pipelines(
            self._beam_options,
            self._config.num_workers,
            total=sum(sizes.values()),
            done=lambda: sum(sizes[path] for path in there()),
            directory=self._results_dir,
            desc=name,
        ) as run:
            done = there()
            for path in [path for path in results if path not in done]:
                run(
                    partial(
                        arrange,
                        sources=self._sources(results[path]),
                        config=self._config,
                        plan=plan,
                        result=path,
                        count_only=count_only,
                    )
                )
        files = map(beam_files.read_file, results)
        return [json.loads(line) for content in files for line in content.splitlines()]

    def _result(self, name: str, batch: Iterable[Group]) -> str:
        """By what is in it: another runner may take other groups together."""
        names = " ".join(f"{language}:{index}" for language, index in sorted(batch))
        digest = hashlib.blake2b(names.encode(), digest_size=8).hexdigest()
        return beam_files.join(self._results_dir, f"{name}-{digest}.jsonl")

    def _sources(self, batch: Iterable[Group]) -> list[Source]:
        """What a pipeline reads: of each part once, because what is in a batch is in a row."""
        sections: defaultdict[str, list[int]] = defaultdict(list)
        for language, index in batch:
            sections[language].append(index)
        return [
            Source(
                part.sentences_file(self._work_dir),
                part.language,
                min(found),
                max(found) + 1,
                self.extracted[part.language].sections,
            )
            for part in self._parts
            if (found := sections.get(part.language))
        ]
