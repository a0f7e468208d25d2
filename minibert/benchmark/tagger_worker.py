"""A process of its own that tags with one model, as a user's does, for `tagger_suite`.

Arguments: when it was started by `time.monotonic()`, `minibert` or `udpipe`, the path of the model
(empty for that of the package), and a JSON file of sentences. It prints a line of JSON.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

MINIBERT, UDPIPE = "minibert", "udpipe"


def main() -> None:
    """Tags a sentence, then all."""
    started, kind, path, sentences_file = sys.argv[1:]
    if kind == MINIBERT:
        from minibert import Tagger

        tag: Callable[[Any], Any] = Tagger.load(path or None, num_threads=1).tag
    else:
        from minibert.text.udpipe import UdpipeTagger

        tagger = UdpipeTagger(path)
        tag = lambda sentences: list(map(tagger, sentences))  # noqa: E731

    tag([["The", "dog", "barks", "."]])
    first = time.monotonic() - float(started)
    sentences = json.loads(Path(sentences_file).read_text(encoding="utf-8"))
    start = time.perf_counter()
    tag(sentences)
    seconds = time.perf_counter() - start
    # Imported here, so that the package counts alone before.
    from minibert.benchmark.peak_memory import peak_megabytes

    words = sum(map(len, sentences))
    figures = {"first_tag_seconds": first, "words_per_second": words / seconds}
    print(json.dumps({**figures, "peak_megabytes": peak_megabytes()}))


if __name__ == "__main__":
    main()
