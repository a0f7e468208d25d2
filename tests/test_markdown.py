from minibert.markdown import markdown_cell


def test_nothing_is_markup():
    text = "en_ewt | a\\b\n# <img src=x onerror=y> [t](u) *b* `c` &amp;"
    assert markdown_cell(text) == (
        r"en_ewt \| a\\b # \<img src=x onerror=y\> \[t\](u) \*b\* \`c\` \&amp;"
    )
