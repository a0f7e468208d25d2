"""Text that is not segmented, cut into parts of which no tokenizer makes other pieces."""

import tensorflow as tf
import tensorflow_text as tf_text

# What the public tokenizer takes for a token of its own, wherever it stands.
_CJK = (
    r"[\x{3400}-\x{4DBF}\x{4E00}-\x{9FFF}\x{F900}-\x{FAFF}\x{20000}-\x{2A6DF}"
    r"\x{2A700}-\x{2CEAF}\x{2F800}-\x{2FA1F}]"
)


def split_text(text: tf.Tensor) -> tf.RaggedTensor:
    """Splits text where a window may begin: at white space, and around Chinese characters.

    The wordpieces of the parts are those of the whole, but that a part without any, such as a lone
    zero-width space, has `[UNK]`.

    Args:
      text: string `[sentences]`.

    Returns:
      string `[sentences, (parts)]`.
    """
    return tf_text.regex_split(text, rf"[\s\p{{Z}}]+|{_CJK}", _CJK)
