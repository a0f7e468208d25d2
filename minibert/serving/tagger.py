"""`minibert.Tagger`: tags sentences from Python."""

from collections import deque, namedtuple
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import starmap
from pathlib import Path
from typing import Any, NamedTuple

from minibert.data.entity_tags import entities
from minibert.data.tasks import NER
from minibert.errors import InputError
from minibert.inference.backends import load_backend
from minibert.inference.predictor import Backend, Predictions, Predictor


class NamedEntity(NamedTuple):
    """A named entity in a sentence.

    Attributes:
      words: its words.
      type: `PER` for instance.
      start, end: where it is: the first word, counted from 0, and the one behind the last.
      score: the least probability of the tags of its words.
    """

    words: tuple[str, ...]
    type: str
    start: int
    end: int
    score: float


class Tagger:
    """Tags sentences of any number and length with a model.

    Several threads may use it. For tasks `upos` and `feats` a tagged word is a named tuple with the
    fields

        word                      the word
        upos, feats               its likeliest labels
        upos_score, feats_score   their probabilities
        upos_top, feats_top       the `top_k` likeliest labels with their probabilities

    Attributes:
      tasks: the tasks in order.
    """

    def __init__(self, backend: Backend):
        """Takes what runs the model; `load` is the usual way."""
        self._backend = backend
        self.tasks = tuple(vocab.task for vocab in backend.label_vocabs)
        self._word_type = _word_type(self.tasks)

    @classmethod
    def load(cls, path: str | Path | None = None, *, num_threads: int | None = None) -> "Tagger":
        """Loads a model.

        Args:
          path: the `model_dir` of a run; the directory of an export; or its `model.tflite`, which
            needs neither TensorFlow nor a second to load. Else the model that comes with minibert.
          num_threads: threads to use; all cores, if it is not given.

        Raises:
          InputError: there is no model, or it is damaged.
        """
        return cls(load_backend(path, num_threads=num_threads))

    def tag(
        self,
        sentences: Iterable[Sequence[str] | str],
        *,
        top_k: int = 1,
        segment: bool = False,
    ) -> list[tuple[Any, ...]]:
        """Tags sentences; as `stream`, in a list."""
        return list(self.stream(sentences, top_k=top_k, segment=segment))

    def stream(
        self,
        sentences: Iterable[Sequence[str] | str],
        *,
        top_k: int = 1,
        segment: bool = False,
    ) -> Iterator[tuple[Any, ...]]:
        """Tags sentences as they come, some thousand of them in memory at a time.

        Args:
          sentences: lists of words, any number of any length. With `segment` strings, which are
            cut into words by spaces, script and punctuation; each is one sentence.
          top_k: how many labels there are in `…_top`; of a task that has fewer, all.
          segment: whether sentences are strings.

        Yields:
          A tuple of tagged words for each sentence, in order.

        Raises:
          InputError: `top_k` is less than 1.
          TypeError: a sentence is a string without `segment`, or none with it.
        """
        if top_k < 1:
            raise InputError(f"top_k={top_k}: must be at least 1")
        return self._stream(sentences, top_k, segment)

    def find_entities(
        self, sentences: Iterable[Sequence[str] | str], *, segment: bool = False
    ) -> Iterator[list[NamedEntity]]:
        """Finds the named entities of sentences as they come, with a model that has the task `ner`.

        Args:
          sentences: as of `stream`.
          segment: whether sentences are strings.

        Yields:
          The entities of each sentence, in order.

        Raises:
          InputError: the model does not find entities.
          TypeError: as `stream`.
        """
        if NER not in self.tasks:
            raise InputError(
                f"the model has the tasks {' '.join(self.tasks)}, not {NER}; give one that has it"
            )
        return map(_named_entities, self.stream(sentences, segment=segment))

    def _stream(
        self, sentences: Iterable[Sequence[str] | str], top_k: int, segment: bool
    ) -> Iterator[tuple[Any, ...]]:
        words = _segmented(sentences) if segment else map(_checked, sentences)
        waiting: deque[Sequence[str]] = deque()

        def remembered() -> Iterator[Sequence[str]]:
            for sentence in words:
                waiting.append(sentence)
                yield sentence

        for predictions in Predictor(self._backend, top_k=top_k).predict(remembered()):
            yield tuple(self._tagged(waiting.popleft(), predictions))

    def _tagged(
        self, words: Sequence[str], predictions: dict[str, Predictions]
    ) -> Iterator[tuple[Any, ...]]:
        columns: list[Iterable[Any]] = [words]
        for vocab in self._backend.label_vocabs:
            found = predictions[vocab.task]
            tops = [
                tuple(zip((vocab.labels[index] for index in ids), scores, strict=True))
                for ids, scores in zip(
                    found.ids.tolist(), found.probabilities.tolist(), strict=True
                )
            ]
            columns += [[top[0][0] for top in tops], [top[0][1] for top in tops], tops]
        return starmap(self._word_type, zip(*columns, strict=True))


def _named_entities(tagged: tuple[Any, ...]) -> list[NamedEntity]:
    return [
        NamedEntity(
            tuple(word.word for word in tagged[start:end]),
            type_,
            start,
            end,
            min(word.ner_score for word in tagged[start:end]),
        )
        for start, end, type_ in entities([word.ner for word in tagged])
    ]


@cache
def _word_type(tasks: tuple[str, ...]) -> type:
    """The type of tagged words, one for the same tasks, so that they can be compared and pickled.

    Raises:
      InputError: a task has a name that no field can have.
    """
    fields = [field for t in tasks for field in (t, f"{t}_score", f"{t}_top")]
    try:
        word_type = namedtuple("TaggedWord", ["word", *fields])  # type: ignore[misc]
    except ValueError as error:
        raise InputError(f"the tasks {' '.join(tasks)} cannot be fields: {error}") from error
    word_type.__reduce__ = lambda word: (_restore, (tasks, tuple(word)))  # type: ignore
    return word_type


def _restore(tasks: tuple[str, ...], values: tuple[Any, ...]) -> Any:
    """A tagged word that was pickled."""
    return _word_type(tasks)(*values)


def _checked(sentence: Sequence[str] | str) -> Sequence[str]:
    if isinstance(sentence, str):
        raise TypeError(
            f"a sentence is a list of words, this is a string: {sentence[:40]!r}; give "
            "segment=True to have strings cut into words"
        )
    sentence = tuple(sentence)
    for word in sentence:
        if not isinstance(word, str):
            raise TypeError(f"a word is a string, this is {type(word).__name__}: {word!r:.40}")
    return sentence


def _segmented(sentences: Iterable[Sequence[str] | str]) -> Iterator[Sequence[str]]:
    from minibert.text.python_segmentation import segment

    for sentence in sentences:
        if not isinstance(sentence, str):
            raise TypeError(
                f"with segment=True a sentence is a string, this is {type(sentence).__name__}"
            )
        yield [word.form for word in segment(sentence)]
