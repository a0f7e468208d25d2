"""Text that is not segmented, cut into parts of which no tokenizer makes other pieces."""

import tensorflow as tf
import tensorflow_text as tf_text

# White space.
SPACE = r"[\s\p{Z}]+"
# What the public tokenizer takes for tokens of their own, wherever they stand: Chinese characters,
# and punctuation, of ASCII also what is none to Unicode.
_CJK = (
    r"[\x{3400}-\x{4DBF}\x{4E00}-\x{9FFF}\x{F900}-\x{FAFF}\x{20000}-\x{2A6DF}"
    r"\x{2A700}-\x{2CEAF}\x{2F800}-\x{2FA1F}]"
)
_PUNCTUATION = r"[\p{P}$+<=>^`|~]"


def split_text(text: tf.Tensor) -> tf.RaggedTensor:
    """Splits text where a window may begin: at white space, and around Chinese characters.

    The wordpieces of the parts are those of the whole, but that a part without any, such as a lone
    zero-width space, has `[UNK]`.

    Args:
      text: string `[sentences]`.

    Returns:
      string `[sentences, (parts)]`.
    """
    return tf_text.regex_split(text, rf"{SPACE}|{_CJK}", _CJK)


def split_words(text: tf.Tensor) -> tf.RaggedTensor:
    """Splits text into words, about as treebanks have them, whatever tokenizer reads them then.

    They are the tokens of the public tokenizer before it makes pieces of them: what is between
    white space, each Chinese character, and each punctuation mark.

    Args:
      text: string `[sentences]`.

    Returns:
      string `[sentences, (words)]`.
    """
    alone = f"{_CJK}|{_PUNCTUATION}"
    return tf_text.regex_split(text, rf"{SPACE}|{alone}", alone)
