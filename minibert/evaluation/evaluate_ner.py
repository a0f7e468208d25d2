"""Evaluates a model on named entities: the F1 of phrases, by language and by type."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from minibert.chunks import chunks, first, text_size
from minibert.data.entity_files import find_entity_files
from minibert.data.entity_reader import EntityReader
from minibert.data.entity_tags import OUTSIDE
from minibert.data.label_vocab import NO_LABEL
from minibert.data.sentence import Sentence
from minibert.data.tasks import NER, PHRASE_F1
from minibert.data.treebank_files import TreebankFile
from minibert.errors import InputError
from minibert.evaluation.entities_file import (
    ENTITIES_FILE,
    EntityDetails,
    LanguageDetails,
    write_entities,
)
from minibert.evaluation.entity_tables import entity_figures, entity_table
from minibert.evaluation.evaluate_ner_config import XTREMEDISTIL, EvaluateNerConfig
from minibert.evaluation.evaluated import MetricCounts
from minibert.evaluation.metrics_file import METRICS_FILE, write_metrics
from minibert.evaluation.phrases import (
    PhraseCounts,
    PhraseReader,
    conlleval_phrases,
    count_phrases,
    strict_phrases,
)
from minibert.evaluation.wordpiece_protocol import count_phrases_of_pieces, piece_tags
from minibert.files import optional_directory
from minibert.inference.backends import load_backend
from minibert.inference.predictor import Backend, Predictor
from minibert.options import to_json
from minibert.progress import progress
from minibert.text.feature_kinds import features_of_vocab
from minibert.text.normalization import NFC
from minibert.text.subword_features import NUM_SPECIAL_PIECES

STRICT_F1 = "strict phrase F1"
# As conlleval reads tags, and strictly in IOB2.
_READERS: Mapping[str, PhraseReader] = {PHRASE_F1: conlleval_phrases, STRICT_F1: strict_phrases}
_CHUNK_SENTENCES, _CHUNK_CHARACTERS = 1024, 2**20


class TaggedSentence(NamedTuple):
    """A sentence with its tags, and those that a model gives."""

    words: Sequence[str]
    gold: Sequence[str]
    system: Sequence[str]


def evaluate_ner(config: EvaluateNerConfig) -> None:
    """Tags sentences and prints how right the phrases are, by language and by type.

    Writes `metrics.json` and `metrics.txt`, and `entities.json`, what was counted in each sentence.

    Raises:
      InputError: bad input, a model that gives no entities, or an output directory that exists.
    """
    with optional_directory(config.output_dir) as partial:
        files = _files(config)
        backend = load_backend(config.model)
        if NER not in [vocab.task for vocab in backend.label_vocabs]:
            raise InputError(
                f"{config.model}: a model without the task {NER}; give one that has it"
            )
        tagged = _tag(config, backend, files)
        counts = {language: _count(config, of) for language, of in tagged.items()}
        words = {language: [len(s.words) for s in of] for language, of in tagged.items()}
        figures = entity_figures(words, counts)
        table = entity_table(figures)
        if partial is not None:
            write_metrics(partial, config, figures, table)
            write_entities(partial, _details(config, words, counts))
    print(table)
    if config.output_dir is not None:
        print(f"{config.output_dir}: {METRICS_FILE}, metrics.txt, {ENTITIES_FILE}")


def _files(config: EvaluateNerConfig) -> list[TreebankFile]:
    files = find_entity_files(config.input_dir, config.layout, config.languages)
    found = [file for file in files if file.split == config.split]
    if not found:
        raise InputError(
            f"{config.input_dir}: no file of the split {config.split!r}; there are "
            f"{' '.join(sorted({file.split for file in files}))}"
        )
    return found


def _tag(
    config: EvaluateNerConfig, backend: Backend, files: Sequence[TreebankFile]
) -> dict[str, list[TaggedSentence]]:
    """Language to its sentences."""
    reader = EntityReader(config.format)
    predictor = Predictor(backend)
    (vocab,) = (vocab for vocab in backend.label_vocabs if vocab.task == NER)
    tagged: dict[str, list[TaggedSentence]] = {}
    total = sum(file.path.stat().st_size for file in files)
    with progress(total=total, unit="B", unit_scale=True, desc="evaluate") as bar:
        for file in files:
            bar.set_postfix_str(file.treebank, refresh=False)
            of_language = tagged.setdefault(file.treebank, [])
            sentences = _labeled(reader, file, config.max_sentences_per_language)
            for chunk in chunks(
                sentences,
                max_items=_CHUNK_SENTENCES,
                size=lambda sentence: text_size(sentence.words),
                max_size=_CHUNK_CHARACTERS,
            ):
                predictions = predictor.predict(sentence.words for sentence in chunk)
                for sentence, by_task in zip(chunk, predictions, strict=True):
                    system = [vocab.labels[i] for i in by_task[NER].ids[:, 0].tolist()]
                    of_language.append(_annotated(sentence, system))
            bar.update(file.path.stat().st_size)
    return tagged


def _labeled(reader: EntityReader, file: TreebankFile, limit: int) -> Iterator[Sentence]:
    sentences = first(reader.read(file.path, file.treebank), limit, counts=bool)
    return (sentence for sentence in sentences if isinstance(sentence, Sentence))


def _annotated(sentence: Sentence, system: Sequence[str]) -> TaggedSentence:
    """A sentence in which words that nobody has annotated are outside of all phrases."""
    gold = sentence.labels[NER]
    known = [tag != NO_LABEL for tag in gold]
    return TaggedSentence(
        sentence.words,
        [tag or OUTSIDE for tag in gold],
        [tag if is_known else OUTSIDE for tag, is_known in zip(system, known, strict=True)],
    )


def _count(
    config: EvaluateNerConfig, sentences: Sequence[TaggedSentence]
) -> dict[str, list[PhraseCounts]]:
    """Measure to the phrases of each sentence of a language."""
    if config.protocol != XTREMEDISTIL:
        return {
            measure: [count_phrases(s.gold, s.system, read) for s in sentences]
            for measure, read in _READERS.items()
        }
    assert config.vocab_file is not None
    features = features_of_vocab(
        config.vocab_file, max_length=config.max_seq_length, normalization=NFC
    )
    tokenize = features.python_tokenizer().tokenize
    most = config.max_seq_length - NUM_SPECIAL_PIECES
    pieces = [[len(tokenize(word)) for word in s.words] for s in sentences]
    gold, system = (
        [piece_tags(tags, of, most) for tags, of in zip(of_sentences, pieces, strict=True)]
        for of_sentences in ([s.gold for s in sentences], [s.system for s in sentences])
    )
    return {
        measure: count_phrases_of_pieces(gold, system, read) for measure, read in _READERS.items()
    }


def _details(
    config: EvaluateNerConfig,
    words: Mapping[str, Sequence[int]],
    counts: Mapping[str, Mapping[str, Sequence[PhraseCounts]]],
) -> EntityDetails:
    return EntityDetails(
        to_json(config),
        {
            language: LanguageDetails(
                of_language,
                {measure: _by_sentence(of) for measure, of in counts[language].items()},
            )
            for language, of_language in words.items()
        },
    )


def _by_sentence(counts: Sequence[PhraseCounts]) -> MetricCounts:
    return MetricCounts(*([of[kind].total() for of in counts] for kind in range(3)))
