import random
import re
import time
from pathlib import Path

import pytest

from minibert.wikipedia.dump import Article, read_namespaces, read_pages
from minibert.wikipedia.dump_files import work_items
from minibert.wikipedia.wikitext import WikitextError, clean
from minibert.wikipedia.wikitext_inline import without_quotes

NAMESPACES = ((-2, "Medium"), (6, "Datei"), (6, "Файл"), (14, "Kategorie"), (4, "Wikipedia Hilfe"))
MARKUP = ("thumb|", "[[", "]]", "{{", "}}", "{|", "|}", "<ref", "<!--")


@pytest.mark.parametrize(
    ("wikitext", "paragraphs"),
    [
        # Templates, tables, references, comments.
        ("A{{b|{{c|d}}|{{{e|}}}}} f.", ["A f."]),
        ("{{Infobox\n| a = [[b]]\n| c = {{d}}\n}}\nText.", ["Text."]),
        ("A\n{| class=x\n|-\n| b\n{|\n| c\n|}\n|}\nd", ["A", "d"]),
        (":{|\n| b {{!}} c\n|}\nd", ["d"]),
        ("a<table><tr><td>b</td></tr></table>c", ["ac"]),
        ("A.<ref>b</ref> C<ref name='d' /> d<REF name=e>{{f}}\n</ref >.", ["A. C d."]),
        ("<references><ref>a</ref></references>b", ["b"]),
        ("a<!-- {{b\n\n -->c", ["ac"]),
        ("a<!-- never closed {{", ["a"]),
        ("a {{b<!-- }} -->}} c", ["a c"]),
        # What is not text.
        ("a <math>x_{{1}}</math> b", ["a b"]),
        ("a <nowiki>[[b]]</nowiki> c <code>d</code> <chem>e</chem>", ["a c"]),
        ("a<syntaxhighlight lang=c>{{\n</syntaxhighlight><score>d</score>b", ["ab"]),
        ("<gallery>\nA.jpg|b\n</gallery>\n<timeline>c</timeline>d", ["d"]),
        ("l<nowiki>'</nowiki>''Opéra''", ["l'Opéra"]),
        # Links.
        ("[[A]] [[b|c d]] [[Hund]]e [[e#f|g]] [[:Datei:h.jpg|i]]", ["A c d Hunde g i"]),
        ("[[:Kategorie:A]] [[B&nbsp;c]]", ["Kategorie:A B c"]),
        (
            "[http://a.b c d] [http://e.f] [//g.h i] [mailto:j@k l] http://m.n",
            ["c d i l http://m.n"],
        ),
        ("a [[Datei:b.jpg|thumb|c [[d|e]] {{f}} [http://g h]]] i", ["a i"]),
        ("a [[Файл:b.jpg|мини|c]][[file:d.png]][[ Image : e]] f", ["a f"]),
        ("a [[Wikipedia Hilfe:A|b]] [[datei:c]] [[medium:d.ogg|e]]", ["a b"]),
        ("a [[Bild:b.JPG|mini|c]] [[ファイル:d.svg]] e", ["a e"]),
        ("a\n[[Kategorie:B|c]]\n[[Category:D]]\n[[de:E]]\n[[zh-min-nan:F]]", ["a"]),
        ("a\n[[Kategorija:B]] [[Kategorija:C|d]]\ne", ["a", "e"]),
        ("a [[:de:B|c]] [[mw:D|e]]", ["a c e"]),
        ("[t]he [[a|b [c]]] [[[d]]]", ["[t]he b [c] [d]"]),
        ("[[a|b [http://x c]]] [http://x d [[e]]]", ["b c d e"]),
        # Text.
        ("'''A''' ''b'' '''''c''''' ''''d''''", ["A b c 'd'"]),
        ("<div class='a'>B<br>c</div><span>d</span><sub>2</sub>", ["B c", "d2"]),
        ("a &amp; b&nbsp;c &lt; d &#65;&#x42;", ["a & b c < d AB"]),
        ("a < b <c> d", ["a < b <c> d"]),
        ("__NOTOC__a __INHALTSVERZEICHNIS__ __БЕЗ_ОГЛ__ __init__", ["a __init__"]),
        ("-{zh-hans:计算机; zh-hant:電腦}- -{T|zh:a}-b-{c}-", ["计算机 bc"]),
        ("a\nb\n\nc", ["a b", "c"]),
        ("* a\n** b\n# c\n: d\n; e\n:* f", ["a", "b", "c", "d", "e", "f"]),
        ("a\n----\nb", ["a", "b"]),
        ("== A ==\nb\n=== C ===", ["b"]),
        ("Berlin ({{IPA|x}}; {{y}}) und (, z) , a .", ["Berlin und (z), a."]),
        ("{{a}}, b", ["b"]),
        ("a\x00\x07b\x85c\nd &#1;&#xD800;e\u00adf", ["ab", "c d ef"]),
        ("a\u2028b\u2029\x85 \x0bc&#x2028;[[d\x0ce]]&#10;f", ["a", "b", "c", "d", "e", "f"]),
        ("a\u2028&#91;&#91;b\n\nc", ["c"]),
        ("...", []),
        ("", []),
        # Damaged.
        ("{{Infobox\n| a = b\n\nc", ["c"]),
        ("{|\n| a\n! b !! c\n\nd", ["d"]),
        ("a\n\n[[b\n\nc ]]\n\nd }}\n\ne |}\n\nf", ["a", "f"]),
        ("a\n\n&#91;&#91;b\n\n&lt;ref>c\n\n{{d}", ["a"]),
        ("a\n\n[[Datei:b.jpg|thumb|c\n\nd", ["a", "d"]),
        ("a {{b [[c}} d", ["a d"]),
        ("a<ref>b\n\nc</div>d", ["ab", "c", "d"]),
    ],
)
def test_clean(wikitext, paragraphs):
    assert clean(wikitext, namespaces=NAMESPACES) == paragraphs


def test_headings():
    text = "a\n== B ''c'' [[d]] ==\ne\n=f="
    assert clean(text, headings=True) == ["a", "B c d", "e", "f"]


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("''a'' '''b''' '''''c'''''", "a b c"),
        ("l'''Opéra''", "l'Opéra"),
        ("'''a''' l'''b'' c", "a l'b c"),
        ("dell'''a''", "dell'a"),
        ("a '''b''", "a 'b"),
        ("''''a'''", "'a"),
        ("'''''''a'''''", "''a"),
        ("''a", "a"),
        ("rock 'n' roll", "rock 'n' roll"),
    ],
)
def test_quotes(line, text):
    assert without_quotes(line) == text


STORMS = [
    *("{{", "{{a|", "}}", "{{a}}", "{{a|{{b}}", "[[", "[[a|", "[[a]]", "]]", "[", "[http://a "),
    *("[http://a b] ", "[mailto:x =", "[//&[<", "<div>", "<b ", "</div>", "'''''", "''a '''b "),
    *("[[a|''", "'':''[mailto:x ", "/&amp;[http://a /<''''", "\n{|", "\n{|\n|a\n|}", "\n|}"),
    *("\n{|{{\n|}", "{{\n{|}}", "&amp;", "&#", "<ref>", "<ref name=a>b", "<!--", "<nowiki>"),
    *("<table>", "</table>", "[[File:", "[[File:a|thumb|", "[[File:a{{", "[[a:b.jpg", "[[a:b]]"),
    *("__", "__A", "(", "( ,", "=", "\n==", "\n= a", ";=]-", "-{", "\n:", " ", "\n", "\n\n[[a"),
]


@pytest.mark.parametrize("storm", STORMS)
@pytest.mark.parametrize("before", ["", "[[a|"])
def test_time_and_markup_of_storms(storm, before):
    """100,000 of anything take seconds at most, and leave no markup."""
    begin = time.process_time()
    try:
        paragraphs = clean(before + storm * 100_000 + "\n\nEnde.")
    except WikitextError:
        paragraphs = []
    # These take seconds, whatever else the machine does; what is quadratic takes many minutes.
    assert time.process_time() - begin < 60
    assert not [mark for mark in MARKUP for text in paragraphs if mark in text]


def test_markup_in_any_order():
    """No markup is left, and no page takes long, of what no one writes."""
    generator = random.Random(7)
    tokens = [*MARKUP, *STORMS, "ref>", "</ref>", "a", " ", "\n", "|", "http://x", "&lbrack;", "<"]
    for _ in range(1500):
        chosen = generator.choices(tokens, k=generator.randint(1, 6))
        text = "".join(generator.choices(chosen, k=generator.randint(1, 300)))
        begin = time.process_time()
        for paragraph in clean(text):
            assert not [mark for mark in MARKUP if mark in paragraph], text
        assert time.process_time() - begin < 5, text


def test_pages_that_are_refused(monkeypatch):
    with pytest.raises(WikitextError, match="over 8 Mi characters"):
        clean("a" * (2**23 + 1))
    with pytest.raises(WikitextError, match="over 300000 brackets and entities"):
        clean("[[a]] " * 100_001)

    def give_up(*arguments, **options):
        raise mwparserfromhell.parser.ParserError("not mine")

    mwparserfromhell = pytest.importorskip("mwparserfromhell")
    monkeypatch.setattr(mwparserfromhell, "parse", give_up)
    with pytest.raises(WikitextError, match=r"the parser gives up: .*not mine"):
        clean("[[a]]")


def test_real_dumps(real_data):
    """No markup is left of any article, and most of its text is."""
    articles = characters = 0
    for path in sorted(Path(real_data, "wiki_dumps").glob("*.bz2")):
        namespaces = read_namespaces(str(path))
        for page in read_pages(work_items(str(path))[0]):
            if isinstance(page, Article):
                paragraphs = clean(page.wikitext, namespaces=namespaces)
                articles += 1
                characters += sum(map(len, paragraphs))
                assert paragraphs, page.title
                for text in paragraphs:
                    assert not re.search(r"thumb\||\[\[|\]\]|\{\{|\}\}|\{\||\|\}|<ref|<!--", text)
                    assert not re.search(r"&(?:nbsp|amp|ndash|lt);|''|__NOTOC__|[\x00-\x1f]", text)
    assert articles == 266
    assert characters > 5_000_000


def test_links_behind_one_that_is_not_closed_keep_their_text():
    text = "[[File:b.jpg|thumb|A cat\n\nThe [[dog]] is an [[animal]]."
    assert clean(text) == ["The dog is an animal."]
    assert clean("[[File:b.jpg|thumb|A [[cat]] here]]The [[dog]].") == ["The dog."]


@pytest.mark.parametrize(
    "tag", ["\u017fource", "h\u0131ero", "T\u0130MEL\u0130NE", "\u212aategorytree"]
)
def test_tags_have_ascii_letters(tag):
    """Others that are the same but for their case are no tags of MediaWiki."""
    (found,) = clean(f"Ein Satz mit <{tag}> darin.")
    assert found.startswith("Ein Satz mit ")
    assert found.endswith(" darin.")
