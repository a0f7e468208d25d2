"""Finds the network for inference of an encoder by the type of its configuration."""

from collections.abc import Callable

from minibert.inference.bert_inference_network import BertInferenceNetwork
from minibert.inference.inference_network import InferenceNetwork, PlainNetwork
from minibert.models.bert_config import BertConfig
from minibert.models.encoder_config import EncoderConfig
from minibert.models.tagging_network import TaggingNetwork

# Makes a network of the configuration of an encoder and a tagger.
_NETWORKS: dict[type[EncoderConfig], Callable[..., InferenceNetwork]] = {
    BertConfig: BertInferenceNetwork,
}


def create_inference_network(config: EncoderConfig, tagger: TaggingNetwork) -> InferenceNetwork:
    """The network for inference with the weights of a tagger; the trained one if there is none.

    Args:
      config: the shape of its encoder.
      tagger: the tagger.
    """
    network = _NETWORKS.get(type(config))
    return network(config, tagger) if network else PlainNetwork(tagger)
