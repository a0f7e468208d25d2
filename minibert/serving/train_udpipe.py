"""Trains a model of UDPipe, so that one need not be downloaded."""

from minibert.data.conllu_reader import read_conllu
from minibert.data.dataset_info import TRAIN
from minibert.data.treebank_files import find_files
from minibert.data.withheld_text import has_text, skip_withheld
from minibert.errors import InputError
from minibert.files import atomic_file, check_output_file
from minibert.progress import progress
from minibert.serving.train_udpipe_config import TrainUdpipeConfig
from minibert.text.udpipe import import_udpipe

# The one method of training that UDPipe 1 has.
_METHOD = "morphodita_parsito"


def train_udpipe(config: TrainUdpipeConfig) -> None:
    """Trains a tokenizer, and a tagger if it is asked for, on CoNLL-U, and writes the model.

    UDPipe itself writes its progress to standard error.

    Raises:
      InputError: UDPipe is not installed, or cannot learn from the files.
    """
    udpipe = import_udpipe()
    sentences = udpipe.Sentences()
    error = udpipe.ProcessingError()
    check_output_file(config.output)
    files, _ = skip_withheld(find_files(config.conllu, TRAIN, remedy="name a file of it"))
    for file in progress(files, unit=" files", desc="read"):
        # Found by our reader, which says where a mistake is.
        for read in filter(has_text, read_conllu(file.path)):
            reader = udpipe.InputFormat.newConlluInputFormat()
            reader.setText("\n".join([*read.block.lines, "", ""]))
            sentence = udpipe.Sentence()
            while reader.nextSentence(sentence, error):
                sentences.append(sentence)
                sentence = udpipe.Sentence()
            if error.occurred():
                raise read.block.error(0, f"UDPipe cannot read it: {error.message}")
    print(f"{len(sentences):,} sentences", flush=True)
    model = udpipe.Trainer.train(
        _METHOD,
        sentences,
        udpipe.Sentences(),
        f"epochs={config.epochs}",
        udpipe.Trainer.DEFAULT if config.tagger else udpipe.Trainer.NONE,
        udpipe.Trainer.NONE,
        error,
    )
    if error.occurred():
        raise InputError(f"UDPipe cannot be trained: {error.message}")
    with atomic_file(config.output) as file:
        file.write(model)
    print(f"{config.output}: {len(model):,} bytes")
