"""Runs of the job in tests, and what they wrote."""

import tensorflow as tf

from minibert.data.text_info import load_text_info
from minibert.wikipedia.prepare_wikipedia import prepare_wikipedia
from minibert.wikipedia.prepare_wikipedia_config import PrepareWikipediaConfig

EXTRACTION = "minibert.wikipedia.extraction"
JOB = "minibert.wikipedia.prepare_wikipedia"
PLAN = "minibert.wikipedia.arrangement_plan"


def prepare(dumps, output_dir, beam_options=(), **options):
    places = {"input": (f"{dumps}/*.xml*",), "output_dir": str(output_dir)}
    config = PrepareWikipediaConfig(**{**places, "num_workers": 1, **options})
    prepare_wikipedia(config, beam_options)
    return load_text_info(output_dir)


def sentences_of(info, language):
    """Split to the texts of its records, in order."""
    found = {}
    for part in info.parts:
        if part.language == language:
            paths = [str(info.directory / shard.path) for shard in part.shards]
            records = tf.data.TFRecordDataset(paths, "GZIP" if info.gzip else "")
            examples = map(tf.train.Example.FromString, records.as_numpy_iterator())
            found[part.split] = [_text(example, language) for example in examples]
            assert len(found[part.split]) == part.sentences
            assert sum(map(len, found[part.split])) == part.characters
    return found


def texts(by_split):
    return [text for of_split in by_split.values() for text in of_split]


def _text(example, language):
    (text,), (found,), (source,) = (
        example.features.feature[name].bytes_list.value
        for name in ("text", "language", "source_id")
    )
    assert found.decode() == language
    assert source.decode().startswith(f"{language}wiki:")
    return text.decode()


def killed(*arguments, **options):
    raise KeyboardInterrupt
