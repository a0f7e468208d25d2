"""Sentences by rules: a | in a case is where a sentence must end, and nowhere else."""

import random
import time

import pytest

from minibert.text.abbreviations import abbreviations
from minibert.text.sentence_splitter import SentenceSplitter


def _split(language: str, paragraph: str) -> list[str]:
    return SentenceSplitter(language).split(paragraph)


@pytest.mark.parametrize(
    ("language", "marked"),
    [
        # Latin, Cyrillic, Greek.
        ("en", "One is here. | Is two? | Three! | Four..."),
        ("en", "He paid $3.14 to www.example.com/a.html. | The file setup.py is version 2.0."),
        ("en", "Dr. Smith met J. R. R. Tolkien, A. Merkel and John F. Kennedy. | They left."),
        (
            "en",
            "See p. 5 and vol. 3, e.g. No. 7. | It is a U.S. Army manual. | He said no. | Yes.",
        ),
        ("en", "He lives in the U.S. | The city is big. | So do I. | But not Bob."),
        ("en", "Wait... what? no. | It ended at 5 p.m. | They went on."),
        ("en", "He came (it was late! Very late.) and left. | She stayed."),
        ("en", "It was late. | (He came. He left.) | She stayed."),
        ("en", "The film “Help! I am a fish” won. | “It is late.” | She left."),
        ("en", 'The film "Help! I am a fish" won. | "It is late." | She left.'),
        ("en", "It is so.[1] | It is not.[2][13] | It may be. [4] | It is.¹ | Done."),
        ("en", "An open (bracket. | The next one. | And one more. | " + "Some words here. | " * 20),
        ("en", "1. One rule. | 2. Another rule. | He was 25. | Then he left. | 3.1.2. More."),
        ("en", "Apple Inc. is big. | I like iPods, eggs, etc. | iPhones too."),
        ("en", "In setup.py and Yandex.Market, system.out.Print too. | Done."),
        ("en", "It is 5 m. | The other is 10 cm. | That is all?! | Yes!!! | No."),
        ("en", "He said: no; never, etc., and so on. | (Really?) | —Yes."),
        (
            "de",
            "Am 3. Oktober war Ludwig XIV. Gast von Dr. Müller, z. B. dort. | Er ging 2010. | Ja.",
        ),
        ("de", "Er sagte: „Komm! Geh!“ und ging. | Das war am 3. | Der Rest folgt bzw. Ende."),
        ("de", "Die Partei (gegr. 1. Mai 1900) u. a. Vereine usw. | Sie war z.B. Mitglied."),
        ("cs", "Dne 17. 3. 2010 přišel např. Karel IV. Veliký. | V 19. století žil."),
        ("sk", "Narodil sa 5. mája 1901. | Žil v Bratislave na ul. Sv. Jána č. 5."),
        ("sl", "Rodil se je 3. Aprila na Dunaju. | Umrl je leta 1901. | Bil je pesnik."),
        ("hr", "Rođen je 1. Siječnja 1901. | Bio je npr. pjesnik. | Umro je 1950. godine."),
        ("sr", "Рођен је 1. Маја 1901. | Био је нпр. песник. | Умро је."),
        ("da", "Født den 3. Maj 1901 f.eks. i København. | Han døde."),
        ("no", "Født 3. Mai 1901, bl.a. kjent som forfatter. | Han døde kl. 12."),
        ("fi", "Hän syntyi 3. Huhtikuuta. | Hän asui mm. Turussa. | Hän kuoli."),
        ("et", "Sündis 3. Mail. | Ta elas nt. Tartus. | Ta suri."),
        ("lv", "Dzimis 3. Maijā. | Viņš dzīvoja Rīgā. | Miris."),
        ("hu", "1901. Január 3. Napján született. | A király II. József volt. | Ő meghalt."),
        ("tr", "3. Selim 19. Yüzyılda yaşadı. | Bu doğru vb. | Hayır."),
        ("eu", "3. Mendean jaio zen. | Bertan hil zen."),
        ("nl", "'s Morgens kwam dhr. De Vries. | 's Avonds ging hij. | ,,Dag.'' | Klaar."),
        (
            "fr",
            "« Bonjour. Ça va ? » dit-il. | M. Dupont (né en 1900) part. | « C’est fini. » | Fin.",
        ),
        ("fr", "Voir l’art. 5 de J.-C. Martin. | Elle part."),
        ("es", "¿Qué es? | ¡Nada! | El Sr. López vive en la Avda. América. | «Ya.» | Fin."),
        ("it", "L'art. 5 del sig. Rossi. | La guerra finì. | «Sì.» | Fine."),
        ("pt", "O Dr. João vive na Av. Brasil. | É assim? | Não é. | Fim."),
        ("ga", "Tháinig sé. | Is é. | Tá sé i mBéal Feirste. | tSeapáin. | nGaeilge anois."),
        (
            "ru",
            "Он родился в 1950 г. | Умер в XX в. | Живёт на ул. Ленина, д. 5. | Да и т. д. | Всё.",
        ),
        ("ru", "А. С. Пушкин и т. е. поэт. | «Да!» — сказал он. | Конец."),
        ("uk", "Народився 1950 р. | Жив на вул. Шевченка. | Кінець."),
        ("bg", "През 2001 г. | Клубът спечели 5 млн. | Край."),
        ("el", "Τι είναι; | Τίποτα\u037e | Ο κ. Παπαδόπουλος ζει, π.χ. Αθήνα. | Τέλος."),
        ("ka", "ბერლინი დიდია. | იგი ძველია! | რატომ? | ასეა."),
        # Arabic and Hebrew.
        ("ar", "ما هذا؟ | لا شيء. | جاء د. محمد و أ. د. علي. | النهاية!"),
        ("fa", "این چیست؟ | هیچ. | ۳٫۱۴ است. | پایان."),
        ("ur", "یہ کیا ہے؟ | کچھ نہیں۔اور یہ؟ | ختم۔".replace("۔اور", "۔ | اور")),
        ("he", 'מה זה? | כלום. | א. ב. יהושע כתב צה"ל ספר. | סוף.'),
        # Indic.
        ("hi", "यह क्या है? | कुछ नहीं। | डॉ. शर्मा आए॥ | अंत| | बस।"),
        ("mr", "तो आला. | डॉ. आंबेडकर गेले. | एस. के. पाटील. "),
        ("bn", "এটা কী? | কিছু না। | ড. ইউনূস এলেন।"),
        ("ta", "அது என்ன? | ஒன்றுமில்லை. | தி.மு.க. கட்சி வென்றது."),
        ("te", "ఇది ఏమిటి? | ఏమీ లేదు. | ఎస్. రామారావు వచ్చాడు."),
        # East Asia.
        ("zh", "这是什么？| 没有。| 他说：“走。快走！”| 然后离开了。| 2000年3.14元。| 完"),
        ("zh", "這是.| 2009年5月,他來了.| 「好。」| 完。"),
        ("ja", "これは何？| 「行く。」と言った。| 彼は（多分。）帰った。| 終わり！| 了"),
        ("ko", "이것은 무엇입니까? | 없습니다. | 3.14입니다. | 끝."),
        # Others.
        ("hy", "Ի՞նչ է։ | Ոչինչ: | Այո. ոչ։ | Վերջ։"),
        ("am", "ይህ ነው። | ምንድን ነው፧ | አዎ፡፡ | መጨረሻ።"),
        ("am", "ኢትዮጵያ፡በምሥራቅ፡አፍሪካ፡፡ | መጨረሻ።"),
        ("ti", "ኢትዮጵያ፡በምሥራቅ፡፡ | መጨረሻ።"),
        ("my", "ဒါဘာလဲ။ | ဘာမှမဟုတ်ဘူး။ | ပြီးပြီ။"),
        ("km", "នេះជាអ្វី។ | គ្មានអ្វី។ | ចប់។"),
        ("bo", "འདི་ག་རེ་རེད། | མ་རེད། | ཚར་སོང་།"),
        ("vi", "Đây là gì? | TS. Nguyễn Văn A đến. | Hết."),
        ("xx", "What is it? | It is Dr. Smith. | Это А. Иванов. | 何。| Done."),
    ],
)
def test_sentences(language, marked):
    expected = [part.strip() for part in marked.replace("अंत|", "अंत\0").split("|")]
    expected = [part.replace("\0", "|") for part in expected if part]
    assert (
        _split(language, " ".join(expected) if " | " in marked else "".join(expected)) == expected
    )


def test_thai_is_cut_by_space_and_length():
    clause = "ก" * 30
    text = " ".join([clause] * 8)
    # Behind 160 characters at any space: six clauses and five spaces are 185, five are 154.
    assert _split("th", text) == [" ".join([clause] * 6), " ".join([clause] * 2)]
    # Behind 80 before a word that begins clauses.
    text = f"{clause} {clause} {clause} และ{clause} {clause} {clause}"
    assert _split("th", text) == [f"{clause} {clause} {clause}", f"และ{clause} {clause} {clause}"]
    assert _split("th", "ก" * 90 + " ๆ " + clause + " 1990 " + clause + " (ก " + clause + ")") == [
        "ก" * 90 + " ๆ " + clause + " 1990 " + clause + " (ก " + clause + ")"
    ]
    assert _split("th", "ดี! ดี? ดี") == ["ดี!", "ดี?", "ดี"]
    assert len(_split("lo", " ".join(["ກ" * 30] * 8))) == 2


def test_only_white_space_is_lost():
    alphabet = [*"aA1.!?:;()[]\"'«»“”„。」「।؟։ \t\n\u00a0\u200d\u2028\x00\x85ก好א😀é", "Dr", "z.B"]
    generator = random.Random(6)
    for language in ("en", "de", "fr", "zh", "ja", "hi", "hy", "el", "th", "ar", "xx"):
        splitter = SentenceSplitter(language)
        for _ in range(500):
            text = "".join(generator.choices(alphabet, k=generator.randrange(40)))
            sentences = splitter.split(text)
            assert "".join("".join(sentences).split()) == "".join(text.split())
            assert all(sentence == sentence.strip() != "" for sentence in sentences)
            assert sentences == splitter.split(text)


def test_brackets_and_quotes_that_are_not_closed_swallow_little():
    for mark in ("(", "[", '"', "«", "“", "„", "「"):
        text = f"It {mark}begins. " + "One is here. " * 100
        assert len(_split("en", text)) == 101
        # The closing one comes too late.
        assert len(_split("en", text + ')]"»”」')) >= 101


def test_a_space_that_is_missing():
    assert _split("en", "This is the end.The next one!But no") == [
        "This is the end.",
        "The next one!",
        "But no",
    ]
    assert _split("de", "Er sah Hr.Meier und bzw.Das ist") == ["Er sah Hr.Meier und bzw.Das ist"]


def test_empty_paragraphs():
    assert _split("en", "") == _split("en", " \n\t") == _split("th", " ") == []
    assert _split("en", ".") == ["."]


@pytest.mark.parametrize(
    "make",
    [
        lambda n: "a" * n,
        lambda n: "." * n,
        lambda n: ". " * (n // 2),
        lambda n: "(" * n,
        lambda n: "(" * (n // 2) + ")" * (n // 2),
        lambda n: ".(" * (n // 2),
        lambda n: "a (b.) " * (n // 7),
        lambda n: " " * (n // 2) + "(b.) " * (n // 10),
        lambda n: '"' * n,
        lambda n: "«“„ A. " * (n // 7),
        lambda n: "." + ")" * n,
        lambda n: "." + " )" * (n // 2),
        lambda n: "." + "[1]" * (n // 3),
        lambda n: "A. " * (n // 3),
        lambda n: "a." + " " * n + "B",
        lambda n: (". " + "- (" * 100) * (n // 302),
        lambda n: "「あ。" * (n // 3),
        lambda n: ".\u200d" * (n // 2),
        lambda n: "😀. " * (n // 3),
        lambda n: "a" + "\u0301" * n,
        lambda n: "ก" * 90 + " " * n + "ก",
        lambda n: "(ก " * (n // 3),
    ],
)
def test_time_grows_with_the_length_alone(make):
    """Sixteen times the text takes some sixteen times the time; what is quadratic takes 256."""
    splitter = SentenceSplitter("th")  # Has the rules of all languages and its own.

    def seconds(text: str) -> float:
        start = time.process_time()
        splitter.split(text)
        return time.process_time() - start

    short, long = make(10_000), make(160_000)
    least = max(min(seconds(short) for _ in range(3)), 1e-3)
    assert any(seconds(long) < 80 * least for _ in range(3))


def test_a_paragraph_of_ten_million_characters():
    assert _split("en", "word " * 2_000_000) == [("word " * 2_000_000).strip()]


def test_the_data_file_is_as_it_must_be():
    for language in ("*", "en", "th"):
        words = abbreviations(language)
        for kind in (words.never_final, words.before_number, words.final, words.starters):
            assert not any(word.endswith(".") for word in kind)
    assert "prof" in abbreviations("xx").never_final
    assert "usw" in abbreviations("de").final
    assert "usw" not in abbreviations("en").final
    assert abbreviations("en").starters == {w.lower() for w in abbreviations("en").starters}
