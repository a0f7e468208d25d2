"""The second stage of preparing Wikipedia: sentences of all parts to record files by language.

What a sentence is for follows from its letters and its name alone, so the files are the same
whatever machine does what: a digest decides whether it is drawn, in which shard it is, and where.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence

import apache_beam as beam

from minibert.data.dataset_info import DEV, TRAIN
from minibert.data.held_out import is_held_out
from minibert.data.text_reader import TextSentence
from minibert.wikipedia import beam_files
from minibert.wikipedia.extraction import read_extracted
from minibert.wikipedia.prepare_wikipedia_config import PrepareWikipediaConfig
from minibert.wikipedia.sampling import ALL

# Of the digest: 5 bytes decide what is drawn, the others in which shard it is.
_DIGEST_BYTES, _BUCKET_BITS = 16, 20
# Of a record, beside the text.
_RECORD_BYTES = 100

# Language, text, source_id.
_Sentence = tuple[str, str, str]


def arrange(
    pipeline: beam.Pipeline,
    extracted: Sequence[tuple[str, str]],
    config: PrepareWikipediaConfig,
    limits: Mapping[str, int],
    result: str,
) -> None:
    """Adds the way from sentences to shards to a pipeline.

    Args:
      pipeline: the pipeline.
      extracted: language and file of sentences of each part.
      config: the options.
      limits: the most sentences of each language.
      result: a file, which is written last. It has a JSON object a line: the number of different
        sentences, `{language: number}`, and the shards, as `_WriteShard` yields them.
    """
    sentences = (
        pipeline
        | "files" >> beam.Create(list(extracted))
        | "to any worker" >> beam.Reshuffle()
        | "read" >> beam.FlatMapTuple(read_extracted)
    )
    if config.drop_duplicates:
        # Of the same sentences the one that comes first by its name, whoever meets it first.
        sentences = (
            sentences
            | "by text" >> beam.MapTuple(lambda language, text, source: ((language, text), source))
            | "each once" >> beam.CombinePerKey(min)
            | "once" >> beam.MapTuple(_with_source)
        )
    numbers = (
        sentences
        | "languages" >> beam.MapTuple(lambda language, text, source: (language, 1))
        | "number" >> beam.CombinePerKey(sum)
        | "numbers" >> beam.MapTuple(lambda language, number: {language: number})
    )
    if any(limit < ALL for limit in limits.values()):
        sentences = _draw(sentences, limits)
    by_split = sentences | "splits" >> beam.Map(_with_split, config.held_out_fraction)
    num_shards = (
        by_split
        | "sizes" >> beam.MapTuple(lambda key, s: (key, len(s[1].encode()) + _RECORD_BYTES))
        | "size" >> beam.CombinePerKey(sum)
        | "num_shards"
        >> beam.MapTuple(lambda key, size: (key, 1 + size // (config.shard_megabytes << 20)))
    )
    shards = (
        by_split
        | "with shard" >> beam.Map(_with_shard, beam.pvalue.AsDict(num_shards))
        | "shards" >> beam.GroupByKey()
        | "write" >> beam.ParDo(_WriteShard(config.output_dir, compressed=config.gzip))
    )
    directory, _, name = result.rpartition("/")
    beam_files.make_directory(directory)
    _ = (
        (numbers, shards)
        | "results" >> beam.Flatten()
        | "as JSON" >> beam.Map(json.dumps)
        | name >> beam.io.WriteToText(result, num_shards=1, shard_name_template="")
    )


def _with_source(text: tuple[str, str], source_id: str) -> _Sentence:
    return (*text, source_id)


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=_DIGEST_BYTES, person=b"shards").digest()


def _bucket(sentence: _Sentence) -> int:
    """Which of a million groups of about the same size a sentence is in; copies are in others."""
    return int.from_bytes(_digest("\n".join(sentence))[:5], "big") >> (40 - _BUCKET_BITS)


def _draw(sentences: beam.PCollection, limits: Mapping[str, int]) -> beam.PCollection:
    """Those of the first groups, as many groups as have no more than the limit together."""
    buckets = (
        sentences
        | "buckets" >> beam.Map(lambda sentence: ((sentence[0], _bucket(sentence)), 1))
        | "sentences of buckets" >> beam.CombinePerKey(sum)
        | "by language" >> beam.MapTuple(lambda key, count: (key[0], (key[1], count)))
        | "buckets of languages" >> beam.GroupByKey()
        | "first bucket that is left out"
        >> beam.MapTuple(lambda language, counts: (language, _end(counts, limits[language])))
    )
    return sentences | "drawn" >> beam.Filter(
        lambda sentence, ends: _bucket(sentence) < ends[sentence[0]],
        beam.pvalue.AsDict(buckets),
    )


def _end(counts: Iterable[tuple[int, int]], most: int) -> int:
    """The first bucket with which there would be more sentences than `most`."""
    total = 0
    for bucket, count in sorted(counts):
        total += count
        if total > most:
            return bucket
    return 1 << _BUCKET_BITS


def _with_split(sentence: _Sentence, held_out_fraction: float) -> tuple[tuple[str, str], _Sentence]:
    language, text, _ = sentence
    return (language, DEV if is_held_out(text, held_out_fraction) else TRAIN), sentence


def _with_shard(
    element: tuple[tuple[str, str], _Sentence], num_shards: dict[tuple[str, str], int]
) -> tuple[tuple[str, str, int, int], tuple[bytes, str, str]]:
    """Language, split, shard and number of shards; digest, `source_id` and text."""
    key, (_, text, source_id) = element
    digest = _digest(text)
    shard = int.from_bytes(digest[5:13], "big") % num_shards[key]
    return (*key, shard, num_shards[key]), (digest, source_id, text)


class _WriteShard(beam.DoFn):
    """Writes a shard, the sentences in the order of their digests, which is as good as random.

    Yields language, split, how many sentences and characters it has, and the fields of `Shard`.
    """

    def __init__(self, output_dir: str, *, compressed: bool):
        self._output_dir = output_dir
        self._compressed = compressed

    def process(
        self, element: tuple[tuple[str, str, int, int], Iterable[tuple[bytes, str, str]]]
    ) -> Iterator[dict[str, str | int]]:
        import tensorflow as tf

        from minibert.data.records import encode_text
        from minibert.data.shards import record_options, shard_name

        (language, split, shard, num_shards), group = element
        sentences = sorted(group)
        name = shard_name(language, shard, num_shards, gzip=self._compressed)
        path = beam_files.join(self._output_dir, split, name)
        if not beam_files.exists(path):
            with (
                beam_files.new_file(path) as local,
                tf.io.TFRecordWriter(str(local), record_options(gzip=self._compressed)) as writer,
            ):
                for _, source_id, text in sentences:
                    writer.write(encode_text(TextSentence(text, language, source_id)))
        content = beam_files.read_file(path)
        yield {
            "language": language,
            "split": split,
            "sentences": len(sentences),
            "characters": sum(len(text) for _, _, text in sentences),
            "path": f"{split}/{name}",
            "bytes": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
        }
