"""The directory of a job: whose it is."""

import json
from collections.abc import Sequence

from minibert import __version__
from minibert.errors import InputError
from minibert.options import complete, to_json
from minibert.wikipedia import beam_files
from minibert.wikipedia.dump_parts import DumpPart
from minibert.wikipedia.prepare_wikipedia_config import PrepareWikipediaConfig
from minibert.wikipedia.wikitext import RULES

# Options that do not change what is written.
_FREE_OPTIONS = ("input", "output_dir", "num_workers")


def claim(
    directory: str,
    config: PrepareWikipediaConfig,
    parts: Sequence[DumpPart],
    *,
    results: Sequence[str],
) -> None:
    """Writes what a job does into its directory, or checks that it goes on with the same options.

    Args:
      directory: where what is done is kept.
      config: the options.
      parts: of the dumps.
      results: directories of what was made of all parts. They are removed if it was of others.

    Raises:
      InputError: there was a job of other options, or results of no job.
    """
    options = {k: v for k, v in to_json(config).items() if k not in _FREE_OPTIONS}
    options["tool"] = f"minibert {__version__}"
    options["rules"] = RULES
    plan = json.loads(json.dumps({"options": options, "parts": [part.name for part in parts]}))
    path = beam_files.join(directory, "plan.json")
    before = None
    if beam_files.exists(path):
        before = beam_files.read_json_file(path, f"remove {directory} to begin anew")
    if before is None:
        found = [result for result in results if beam_files.is_directory(result)]
        # A job that is killed early leaves no more than a part of its first file.
        found += [
            name
            for name in beam_files.files_in(directory)
            if not name.endswith(beam_files.PARTIAL) or not name.startswith(path)
        ]
        if found:
            raise InputError(f"{found[0]}: there, but of no job that goes on; remove it")
    else:
        options_before = complete(PrepareWikipediaConfig, before["options"])
        for name, value in plan["options"].items():
            value_before = options_before.get(name)
            if value_before != value:
                raise InputError(
                    f"{directory}: begun with {name}={value_before!r}, not {value!r}; give the "
                    "same to go on, or remove the directory"
                )
        # Options that it did not have are no other job.
        before = {**before, "options": plan["options"]}
    if before != plan:
        for result in results:
            beam_files.remove_tree(result)
        # The last of it, so that a job that is stopped here begins with this again.
        beam_files.write_json_file(path, plan)
