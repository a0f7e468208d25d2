"""Writes the small treebanks, the text, the dumps and the vocabulary of this directory.

The sentences are made by small grammars written for this project; no treebank was copied from.
They are there to run every job in seconds and to hold every oddity that the readers must cope
with, not to teach a language. Some nouns occur in the dev files only.

  python testdata/build_testdata.py
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from xml.sax.saxutils import escape

HERE = Path(__file__).parent
TRAIN_SENTENCES, DEV_SENTENCES = 240, 40
TEXT_SENTENCES = 600
VOCAB_SIZE = 1500
DUMPED_LANGUAGES, DUMPED_PAGES = ("en", "ru"), 20
RESERVED_PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
LONG_LIST = 70
# The part of each category of words that only dev sentences have.
HELD_OUT = 0.15


@dataclass
class Token:
    """A word, with what is written before or over it in CoNLL-U."""

    form: str
    upos: str
    feats: str = "_"
    space_after: bool = True
    # The surface form of a multiword token that starts here, and how many words it has.
    range_form: str = ""
    range_length: int = 0
    # The form of an empty node that stands behind this word.
    empty_after: str = ""


@dataclass
class Lexicon:
    """Draws words; those listed last in a category are for dev sentences only."""

    generator: random.Random
    is_dev: bool

    def pick(self, entries: list) -> tuple | str:
        """Draws an entry."""
        trained = max(1, round(len(entries) * (1 - HELD_OUT)))
        if self.is_dev and trained < len(entries) and self.generator.random() < 0.2:
            return self.generator.choice(entries[trained:])
        return self.generator.choice(entries[:trained])

    def chance(self, probability: float) -> bool:
        """Is true with a probability."""
        return self.generator.random() < probability


def stop(mark: str = ".", upos: str = "PUNCT") -> Token:
    """The end of a sentence."""
    return Token(mark, upos)


def spell(tokens: list[Token]) -> list[Token]:
    """Takes the space away before commas and full stops, and makes "a" before a vowel "an"."""
    for before, token in pairwise(tokens):
        if before.form == "a" and before.upos == "DET" and token.form[0] in "aeiou":
            before.form = "an"
        if token.form in {".", ",", "?", "!", "।", "。", "،", "؟"}:
            before.space_after = False
    return tokens


# --- English: agreement, contractions, relative pronouns, ellipsis with an empty node ---------

EN_NOUNS = [
    ("dog", "dogs"), ("cat", "cats"), ("teacher", "teachers"), ("doctor", "doctors"),
    ("farmer", "farmers"), ("child", "children"), ("woman", "women"), ("bird", "birds"),
    ("student", "students"), ("painter", "painters"), ("sailor", "sailors"), ("horse", "horses"),
    ("neighbour", "neighbours"), ("singer", "singers"), ("baker", "bakers"), ("driver", "drivers"),
]  # fmt: skip
EN_THINGS = [
    ("book", "books"), ("letter", "letters"), ("apple", "apples"), ("song", "songs"),
    ("picture", "pictures"), ("house", "houses"), ("boat", "boats"), ("table", "tables"),
    ("bridge", "bridges"), ("window", "windows"), ("basket", "baskets"), ("lamp", "lamps"),
]  # fmt: skip
EN_VERBS = [
    ("see", "sees", "saw"), ("find", "finds", "found"), ("paint", "paints", "painted"),
    ("like", "likes", "liked"), ("carry", "carries", "carried"), ("sell", "sells", "sold"),
    ("watch", "watches", "watched"), ("need", "needs", "needed"), ("clean", "cleans", "cleaned"),
]  # fmt: skip
EN_ADJECTIVES = ["old", "young", "red", "small", "happy", "quiet", "heavy", "strange", "green"]
EN_ADVERBS = ["often", "never", "quickly", "today", "sometimes", "slowly"]
EN_PLACES = ["garden", "street", "kitchen", "forest", "village", "market", "school", "harbour"]
EN_NAMES = ["Anna", "Tom", "Maria", "Peter", "Nina", "Oscar", "Lena", "Victor", "Ruth", "Hugo"]
EN_DRINKS = ["tea", "coffee", "water", "milk", "juice"]


def english_noun_phrase(lex: Lexicon, nouns: list) -> tuple[list[Token], bool]:
    """A noun phrase, and whether it is plural."""
    plural = lex.chance(0.4)
    tokens = []
    if plural:
        tokens.append(Token("the", "DET", "Definite=Def|PronType=Art"))
    elif lex.chance(0.5):
        tokens.append(Token("a", "DET", "Definite=Ind|PronType=Art"))
    else:
        tokens.append(Token("this", "DET", "Number=Sing|PronType=Dem"))
    if lex.chance(0.5):
        tokens.append(Token(lex.pick(EN_ADJECTIVES), "ADJ", "Degree=Pos"))
    noun = lex.pick(nouns)
    number = "Plur" if plural else "Sing"
    tokens.append(Token(noun[plural], "NOUN", f"Number={number}"))
    return tokens, plural


def english_verb(lex: Lexicon, plural: bool) -> Token:
    """A finite verb that agrees."""
    base, third, past = lex.pick(EN_VERBS)
    if lex.chance(0.4):
        return Token(past, "VERB", "Mood=Ind|Tense=Past|VerbForm=Fin")
    if plural:
        return Token(base, "VERB", "Mood=Ind|Tense=Pres|VerbForm=Fin")
    return Token(third, "VERB", "Mood=Ind|Number=Sing|Person=3|Tense=Pres|VerbForm=Fin")


def english(lex: Lexicon) -> list[Token]:
    """One English sentence."""
    kind = lex.generator.random()
    if kind < 0.1:
        drinks = lex.generator.sample(EN_DRINKS, 2)
        names = lex.generator.sample(EN_NAMES, 2)
        verb = "Mood=Ind|Number=Sing|Person=3|Tense=Pres|VerbForm=Fin"
        return [
            Token(names[0], "PROPN", "Number=Sing"),
            Token("drinks", "VERB", verb),
            Token(drinks[0], "NOUN", "Number=Sing"),
            Token("and", "CCONJ"),
            Token(names[1], "PROPN", "Number=Sing", empty_after="drinks"),
            Token(drinks[1], "NOUN", "Number=Sing"),
            stop(),
        ]
    if kind < 0.25:
        do = lex.pick([("do", "don't", True), ("does", "doesn't", False)])
        subject = (
            [Token(lex.pick(["they", "we"]), "PRON", "Case=Nom|Number=Plur|PronType=Prs")]
            if do[2]
            else [Token(lex.pick(["he", "she"]), "PRON", "Case=Nom|Number=Sing|PronType=Prs")]
        )
        agreement = "" if do[2] else "Number=Sing|Person=3|"
        return [
            *subject,
            Token(
                do[0], "AUX", f"Mood=Ind|{agreement}Tense=Pres|VerbForm=Fin",
                space_after=False, range_form=do[1], range_length=2,
            ),
            Token("n't", "PART", "Polarity=Neg"),
            Token(lex.pick(EN_VERBS)[0], "VERB", "VerbForm=Inf"),
            *english_noun_phrase(lex, EN_THINGS)[0],
            stop(),
        ]  # fmt: skip
    subject, plural = english_noun_phrase(lex, EN_NOUNS)
    if kind < 0.4:
        subject += [
            Token("who", "PRON", "PronType=Int,Rel"),
            english_verb(lex, plural),
            Token(lex.pick(EN_NAMES), "PROPN", "Number=Sing"),
        ]
    tokens = [*subject, english_verb(lex, plural), *english_noun_phrase(lex, EN_THINGS)[0]]
    if lex.chance(0.5):
        tokens += [
            Token(lex.pick(["in", "near", "behind"]), "ADP"),
            Token("the", "DET", "Definite=Def|PronType=Art"),
            Token(lex.pick(EN_PLACES), "NOUN", "Number=Sing"),
        ]
    if lex.chance(0.3):
        tokens.append(Token(lex.pick(EN_ADVERBS), "ADV"))
    return [*tokens, stop()]


def english_oddities(lex: Lexicon) -> Iterator[list[Token]]:
    """A list of over 128 wordpieces, a word without wordpieces, a word with a space."""
    tokens = []
    for index in range(LONG_LIST):
        tokens += [
            Token(EN_NAMES[index % len(EN_NAMES)], "PROPN", "Number=Sing"),
            Token(",", "PUNCT"),
        ]
    tokens[-1] = Token("and", "CCONJ")
    yield [
        *tokens,
        Token(lex.pick(EN_NAMES), "PROPN", "Number=Sing"),
        Token("like", "VERB", "Mood=Ind|Tense=Pres|VerbForm=Fin"),
        Token("apples", "NOUN", "Number=Plur"),
        stop(),
    ]
    noun, _ = english_noun_phrase(lex, EN_NOUNS)
    yield [*noun, Token("\u00ad", "PUNCT"), english_verb(lex, False), stop()]
    yield [
        Token("10 000", "NUM", "NumForm=Digit|NumType=Card"),
        Token(lex.pick(EN_NOUNS)[1], "NOUN", "Number=Plur"),
        english_verb(lex, True),
        Token(lex.pick(EN_NAMES), "PROPN", "Number=Sing"),
        stop(),
    ]


# --- Spanish: gender and number agreement, contractions ---------------------------------------

ES_NOUNS = [
    ("perro", "Masc"), ("gato", "Masc"), ("maestro", "Masc"), ("médico", "Masc"),
    ("vecino", "Masc"), ("niño", "Masc"), ("abuelo", "Masc"), ("niña", "Fem"), ("maestra", "Fem"),
    ("vecina", "Fem"), ("abuela", "Fem"), ("cantante", "Fem"), ("reina", "Fem"), ("pintora", "Fem"),
]  # fmt: skip
ES_THINGS = [
    ("libro", "Masc"), ("cuadro", "Masc"), ("barco", "Masc"), ("puente", "Masc"), ("vaso", "Masc"),
    ("carta", "Fem"), ("mesa", "Fem"), ("casa", "Fem"), ("manzana", "Fem"), ("lámpara", "Fem"),
]  # fmt: skip
ES_ADJECTIVES = ["viejo", "pequeño", "rojo", "tranquilo", "nuevo", "bonito", "blanco", "alto"]
ES_VERBS = [("compra", "compran"), ("vende", "venden"), ("mira", "miran"), ("pinta", "pintan"),
            ("busca", "buscan"), ("limpia", "limpian"), ("lleva", "llevan")]  # fmt: skip
ES_ARTICLES = {("Masc", 0): "el", ("Masc", 1): "los", ("Fem", 0): "la", ("Fem", 1): "las"}


def spanish_noun_phrase(lex: Lexicon, nouns: list) -> tuple[list[Token], int]:
    """A noun phrase with a definite article, and whether it is plural."""
    noun, gender = lex.pick(nouns)
    plural = int(lex.chance(0.4))
    number = ("Sing", "Plur")[plural]
    ending = "s" * plural
    agreement = f"Gender={gender}|Number={number}"
    tokens = [
        Token(ES_ARTICLES[gender, plural], "DET", f"Definite=Def|{agreement}|PronType=Art"),
        Token(noun + ending, "NOUN", agreement),
    ]
    if lex.chance(0.5):
        adjective = lex.pick(ES_ADJECTIVES)
        if gender == "Fem":
            adjective = adjective[:-1] + "a"
        tokens.append(Token(adjective + ending, "ADJ", agreement))
    return tokens, plural


def spanish(lex: Lexicon) -> list[Token]:
    """One Spanish sentence."""
    subject, plural = spanish_noun_phrase(lex, ES_NOUNS)
    number = ("Sing", "Plur")[plural]
    tokens = [
        *subject,
        Token(
            lex.pick(ES_VERBS)[plural], "VERB",
            f"Mood=Ind|Number={number}|Person=3|Tense=Pres|VerbForm=Fin",
        ),
        *spanish_noun_phrase(lex, ES_THINGS)[0],
    ]  # fmt: skip
    if lex.chance(0.5):
        preposition = lex.pick(["de", "a"])
        owner, _ = spanish_noun_phrase(lex, ES_NOUNS)
        adposition = Token(preposition, "ADP")
        if owner[0].form == "el":
            adposition.range_form = preposition + "l"
            adposition.range_length = 2
        tokens += [adposition, *owner]
    if lex.chance(0.2):
        tokens.insert(0, Token(lex.pick(["hoy", "siempre", "ahora"]), "ADV"))
    return [*tokens, stop()]


# --- Russian: case, animacy and gender ---------------------------------------------------------

RU_NOUNS = [
    ("мальчик", "мальчика", "Masc"), ("врач", "врача", "Masc"), ("учитель", "учителя", "Masc"),
    ("сосед", "соседа", "Masc"), ("моряк", "моряка", "Masc"), ("певец", "певца", "Masc"),
    ("девочка", "девочку", "Fem"), ("сестра", "сестру", "Fem"), ("кошка", "кошку", "Fem"),
    ("соседка", "соседку", "Fem"), ("певица", "певицу", "Fem"), ("бабушка", "бабушку", "Fem"),
]  # fmt: skip
RU_THINGS = [
    ("дом", "дом", "Masc"), ("стол", "стол", "Masc"), ("мост", "мост", "Masc"),
    ("лодка", "лодку", "Fem"), ("книга", "книгу", "Fem"), ("лампа", "лампу", "Fem"),
    ("письмо", "письмо", "Neut"), ("яблоко", "яблоко", "Neut"), ("окно", "окно", "Neut"),
]  # fmt: skip
RU_VERBS = ["видел", "купил", "нашёл", "мыл", "рисовал", "любил", "искал"]
RU_ADJECTIVES = ["стар", "нов", "красн", "добр", "бел"]
RU_ENDINGS = {
    ("Masc", "Nom"): "ый", ("Fem", "Nom"): "ая", ("Neut", "Nom"): "ое",
    ("Masc", "Acc", "Anim"): "ого", ("Masc", "Acc", "Inan"): "ый", ("Fem", "Acc"): "ую",
    ("Neut", "Acc"): "ое",
}  # fmt: skip
RU_PLACES = ["саду", "лесу", "городе", "порту"]


def russian_noun_phrase(lex: Lexicon, nouns: list, case: str) -> tuple[list[Token], str]:
    """A noun phrase in the nominative or accusative, and its gender."""
    nominative, accusative, gender = lex.pick(nouns)
    animacy = "Anim" if nouns is RU_NOUNS else "Inan"
    feats = f"Animacy={animacy}|Case={case}|Gender={gender}|Number=Sing"
    tokens = []
    if lex.chance(0.5):
        ending = RU_ENDINGS.get((gender, case, animacy)) or RU_ENDINGS[gender, case]
        stem = lex.pick(RU_ADJECTIVES)
        marked = f"Animacy={animacy}|" if (gender, case) == ("Masc", "Acc") else ""
        tokens.append(
            Token(
                stem + ending, "ADJ", f"{marked}Case={case}|Degree=Pos|Gender={gender}|Number=Sing"
            )
        )
    tokens.append(Token(nominative if case == "Nom" else accusative, "NOUN", feats))
    return tokens, gender


def russian(lex: Lexicon) -> list[Token]:
    """One Russian sentence."""
    subject, gender = russian_noun_phrase(lex, RU_NOUNS, "Nom")
    verb = lex.pick(RU_VERBS)
    if gender == "Fem":
        verb = {"нашёл": "нашла"}.get(verb, verb + "а")
    feats = f"Aspect=Imp|Gender={gender}|Mood=Ind|Number=Sing|Tense=Past|VerbForm=Fin|Voice=Act"
    if verb.startswith(("куп", "наш")):
        feats = feats.replace("Imp", "Perf")
    objects = russian_noun_phrase(lex, lex.pick([RU_THINGS, RU_THINGS, RU_NOUNS]), "Acc")[0]
    tokens = [*subject, Token(verb, "VERB", feats), *objects]
    if lex.chance(0.4):
        tokens += [
            Token("в", "ADP"),
            Token(lex.pick(RU_PLACES), "NOUN", "Animacy=Inan|Case=Loc|Gender=Masc|Number=Sing"),
        ]
    if lex.chance(0.2):
        tokens.insert(0, Token(lex.pick(["вчера", "иногда", "утром"]), "ADV", "Degree=Pos"))
    return [*tokens, stop()]


# --- Hindi: postpositions, gender agreement ----------------------------------------------------

HI_NOUNS = [
    ("लड़का", "Masc"), ("किसान", "Masc"), ("डॉक्टर", "Masc"), ("राजा", "Masc"), ("छात्र", "Masc"),
    ("लड़की", "Fem"), ("औरत", "Fem"), ("रानी", "Fem"), ("छात्रा", "Fem"), ("गायिका", "Fem"),
]  # fmt: skip
HI_THINGS = [
    ("किताब", "Fem"), ("चिट्ठी", "Fem"), ("रोटी", "Fem"), ("तस्वीर", "Fem"), ("फल", "Masc"),
    ("पानी", "Masc"), ("घर", "Masc"), ("फूल", "Masc"), ("दीपक", "Masc"),
]  # fmt: skip
HI_VERBS = ["देख", "खरीद", "बेच", "चाह", "ढूँढ", "पढ़"]
HI_PLACES = ["बाज़ार", "गाँव", "बगीचे", "शहर", "स्कूल"]


def hindi(lex: Lexicon) -> list[Token]:
    """One Hindi sentence."""
    noun, gender = lex.pick(HI_NOUNS)
    tokens = []
    if lex.chance(0.4):
        adjective = (
            {"Masc": "अच्छा", "Fem": "अच्छी"} if lex.chance(0.5) else {"Masc": "बड़ा", "Fem": "बड़ी"}
        )
        tokens.append(Token(adjective[gender], "ADJ", f"Case=Nom|Gender={gender}|Number=Sing"))
    tokens.append(Token(noun, "NOUN", f"Case=Nom|Gender={gender}|Number=Sing|Person=3"))
    if lex.chance(0.5):
        tokens += [
            Token(lex.pick(HI_PLACES), "NOUN", "Case=Acc|Gender=Masc|Number=Sing|Person=3"),
            Token("में", "ADP", "AdpType=Post"),
        ]
    thing, thing_gender = lex.pick(HI_THINGS)
    tokens += [
        Token(thing, "NOUN", f"Case=Nom|Gender={thing_gender}|Number=Sing|Person=3"),
        Token(
            lex.pick(HI_VERBS) + ("ता" if gender == "Masc" else "ती"),
            "VERB",
            f"Aspect=Imp|Gender={gender}|Number=Sing|VerbForm=Part|Voice=Act",
        ),
        Token("है", "AUX", "Mood=Ind|Number=Sing|Person=3|Tense=Pres|VerbForm=Fin"),
    ]
    return [*tokens, stop("।")]


# --- Chinese: no spaces, classifiers -----------------------------------------------------------

ZH_PEOPLE = ["老师", "学生", "医生", "孩子", "朋友", "农民", "画家", "歌手", "邻居"]
ZH_THINGS = ["书", "苹果", "茶", "画", "信", "船", "灯", "桌子", "窗户"]
ZH_VERBS = ["喜欢", "看见", "买", "卖", "寻找", "需要", "画"]
ZH_ADJECTIVES = ["红", "旧", "新", "漂亮", "安静"]
ZH_PLACES = ["学校", "市场", "花园", "城市", "家"]


def chinese(lex: Lexicon) -> list[Token]:
    """One Chinese sentence."""
    if lex.chance(0.3):
        person = lex.pick([("我", "1"), ("你", "2"), ("他", "3")])
        tokens = [Token(person[0], "PRON", f"Person={person[1]}")]
    else:
        tokens = [Token(lex.pick(ZH_PEOPLE), "NOUN")]
    if lex.chance(0.4):
        tokens += [Token("在", "ADP"), Token(lex.pick(ZH_PLACES), "NOUN")]
    if lex.chance(0.3):
        tokens.append(Token(lex.pick(["常常", "今天", "也"]), "ADV"))
    tokens.append(Token(lex.pick(ZH_VERBS), "VERB"))
    if lex.chance(0.5):
        number = Token(lex.pick(["一", "两", "三", "五"]), "NUM", "NumType=Card")
        tokens += [number, Token("个", "NOUN", "NounType=Clf")]
    if lex.chance(0.4):
        tokens += [Token(lex.pick(ZH_ADJECTIVES), "ADJ"), Token("的", "PART")]
    tokens += [Token(lex.pick(ZH_THINGS), "NOUN"), stop("。")]
    for token in tokens:
        token.space_after = False
    return tokens


# --- Turkish: layered features of the possessor ------------------------------------------------

TR_NOUNS = ["ev", "bahçe", "köpek", "kalem", "deniz", "kitap", "kedi", "masa", "çiçek", "resim"]
TR_POSSESSED = [
    ("evim", "1"), ("evin", "2"), ("kalemim", "1"), ("kalemin", "2"), ("denizim", "1"),
    ("kedim", "1"), ("kedin", "2"), ("masam", "1"), ("masan", "2"), ("bahçem", "1"),
    ("resmin", "2"),
]  # fmt: skip
TR_LOCATIVE = ["evde", "bahçede", "denizde", "okulda", "şehirde", "köyde"]
TR_ADJECTIVES = ["güzel", "büyük", "küçük", "eski", "yeni", "beyaz"]
TR_VERBS = ["gördü", "buldu", "aldı", "sattı", "sevdi", "temizledi"]
TR_PEOPLE = ["Ayşe", "Mehmet", "Zeynep", "Ali", "Elif", "Deniz"]


def turkish(lex: Lexicon) -> list[Token]:
    """One Turkish sentence."""
    tokens = []
    if lex.chance(0.5):
        form, person = lex.pick(TR_POSSESSED)
        feats = f"Case=Nom|Number=Sing|Number[psor]=Sing|Person=3|Person[psor]={person}"
        tokens.append(Token(form, "NOUN", feats))
        if lex.chance(0.4):
            tokens.append(Token(lex.pick(["çok", "daha"]), "ADV"))
        tokens.append(Token(lex.pick(TR_ADJECTIVES), "ADJ"))
        return [*tokens, stop()]
    tokens.append(Token(lex.pick(TR_PEOPLE), "PROPN", "Case=Nom|Number=Sing|Person=3"))
    if lex.chance(0.5):
        tokens.append(Token(lex.pick(TR_LOCATIVE), "NOUN", "Case=Loc|Number=Sing|Person=3"))
    tokens += [
        Token("bir", "NUM", "NumType=Card"),
        Token(lex.pick(TR_NOUNS), "NOUN", "Case=Nom|Number=Sing|Person=3"),
        Token(lex.pick(TR_VERBS), "VERB", "Aspect=Perf|Mood=Ind|Number=Sing|Person=3|Tense=Past"),
    ]
    return [*tokens, stop()]


# --- Vietnamese: words with spaces -------------------------------------------------------------

VI_PEOPLE = ["sinh viên", "bác sĩ", "giáo viên", "bạn", "mẹ", "nông dân", "em bé", "ca sĩ"]
VI_THINGS = ["sách", "nhà", "bức tranh", "quả táo", "con mèo", "bài hát", "cà phê", "xe đạp"]
VI_VERBS = ["mua", "bán", "nhìn thấy", "thích", "tìm", "vẽ"]
VI_PLACES = ["thành phố", "trường học", "chợ", "khu vườn", "bệnh viện"]


def vietnamese(lex: Lexicon) -> list[Token]:
    """One Vietnamese sentence."""
    tokens = [Token(lex.pick(VI_PEOPLE), "NOUN")]
    if lex.chance(0.4):
        tokens.append(Token(lex.pick(["đã", "đang", "sẽ"]), "ADV"))
    tokens.append(Token(lex.pick(VI_VERBS), "VERB"))
    if lex.chance(0.3):
        tokens.append(Token(lex.pick(["hai", "ba", "mười"]), "NUM"))
    tokens.append(Token(lex.pick(VI_THINGS), "NOUN"))
    if lex.chance(0.4):
        tokens.append(Token(lex.pick(["đẹp", "mới", "cũ", "nhỏ"]), "ADJ"))
    if lex.chance(0.4):
        tokens += [Token("ở", "ADP"), Token(lex.pick(VI_PLACES), "NOUN")]
    return [*tokens, stop()]


# --- Persian: zero-width non-joiners inside words ----------------------------------------------

FA_PEOPLE = ["معلم", "پزشک", "کودک", "دوست", "کشاورز", "خواننده", "همسایه"]
FA_THINGS = ["کتاب", "نامه", "خانه", "سیب", "چراغ", "پنجره", "قایق"]
FA_VERBS = [("می‌بیند", "3"), ("می‌خرد", "3"), ("می‌فروشد", "3"), ("می‌خواهد", "3")]
FA_ADJECTIVES = ["بزرگ", "کوچک", "قدیمی", "زیبا"]


def persian(lex: Lexicon) -> list[Token]:
    """One Persian sentence."""
    tokens = [Token(lex.pick(FA_PEOPLE), "NOUN", "Number=Sing")]
    if lex.chance(0.4):
        tokens.append(Token(lex.pick(FA_ADJECTIVES), "ADJ", "Degree=Pos"))
    if lex.chance(0.3):
        tokens += [
            Token("در", "ADP"),
            Token(lex.pick(["شهر", "باغ", "مدرسه"]), "NOUN", "Number=Sing"),
        ]
    plural = lex.chance(0.4)
    thing = lex.pick(FA_THINGS) + ("\u200cها" if plural else "")
    form, person = lex.pick(FA_VERBS)
    return [
        *tokens,
        Token(thing, "NOUN", f"Number={'Plur' if plural else 'Sing'}"),
        Token("را", "PART", "Case=Acc"),
        Token(form, "VERB", f"Number=Sing|Person={person}|Tense=Pres"),
        stop(),
    ]


GRAMMARS: dict[str, Callable[[Lexicon], list[Token]]] = {
    "en_demo": english,
    "es_demo": spanish,
    "fa_demo": persian,
    "hi_demo": hindi,
    "ru_demo": russian,
    "tr_demo": turkish,
    "vi_demo": vietnamese,
    "zh_demo": chinese,
}


def conllu(tokens: list[Token], sentence_id: str) -> str:
    """One sentence as CoNLL-U."""
    surface = []
    lines = []
    covered = 0
    for number, token in enumerate(spell(tokens), start=1):
        space = "" if token.space_after else "SpaceAfter=No"
        if token.range_length:
            covered = token.range_length
            last = tokens[number + covered - 2]
            misc = "_" if last.space_after else "SpaceAfter=No"
            lines.append(
                f"{number}-{number + covered - 1}\t{token.range_form}" + "\t_" * 7 + f"\t{misc}"
            )
            surface.append(token.range_form + " " * last.space_after)
        inside = covered > 0
        covered = max(0, covered - 1)
        if not inside:
            surface.append(token.form + " " * token.space_after)
        misc = "_" if inside or not space else space
        lines.append(f"{number}\t{token.form}\t_\t{token.upos}\t_\t{token.feats}\t_\t_\t_\t{misc}")
        if token.empty_after:
            lines.append(f"{number}.1\t{token.empty_after}\t_\tVERB" + "\t_" * 6)
    header = [f"# sent_id = {sentence_id}", f"# text = {''.join(surface).strip()}"]
    return "\n".join([*header, *lines]) + "\n\n"


def surface(tokens: list[Token]) -> str:
    """The text of a sentence: its comment in CoNLL-U."""
    return conllu(tokens, "").splitlines()[1].removeprefix("# text = ")


def sentences(treebank: str, is_dev: bool, avoid: set[str]) -> list[list[Token]]:
    """The sentences of one file, none of which is in `avoid`, which grows by them."""
    lex = Lexicon(random.Random(f"{treebank} {is_dev}"), is_dev)
    made = list(english_oddities(lex)) if treebank == "en_demo" else []
    count = DEV_SENTENCES if is_dev else TRAIN_SENTENCES
    return made + draw(treebank, lex, count - len(made), avoid)


def draw(treebank: str, lex: Lexicon, count: int, avoid: set[str]) -> list[list[Token]]:
    """So many sentences, none of which is in `avoid`, which grows by them."""
    made: list[list[Token]] = []
    while len(made) < count:
        tokens = GRAMMARS[treebank](lex)
        key = " ".join(token.form for token in tokens)
        if key not in avoid:
            avoid.add(key)
            made.append(tokens)
    return made


def main() -> None:
    """Writes the treebanks and the text, then the vocabulary of the training files."""
    words = []
    for treebank in GRAMMARS:
        directory = HERE / "ud" / treebank
        directory.mkdir(parents=True, exist_ok=True)
        seen: set[str] = set()
        for split in ("train", "dev"):
            made = sentences(treebank, split == "dev", seen)
            text = "".join(
                conllu(tokens, f"{treebank}-{split}-{number}")
                for number, tokens in enumerate(made, start=1)
            )
            path = directory / f"{treebank}-ud-{split}.conllu"
            path.write_text(text, encoding="utf-8", newline="\n")
            forms = [token.form for tokens in made for token in tokens]
            # Of the words of dev only the characters, so that none is [UNK].
            words += forms if split == "train" else [c for form in forms for c in form]
        # As of the language at large: it has the words that only dev has.
        lex = Lexicon(random.Random(f"{treebank} text"), True)
        language = treebank.removesuffix("_demo")
        lines = [surface(tokens) for tokens in draw(treebank, lex, TEXT_SENTENCES, seen)]
        path = HERE / "text" / f"{language}.txt"
        path.parent.mkdir(exist_ok=True)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
        if language in DUMPED_LANGUAGES:
            write_dump(language, lines)
    write_vocab(words)


def write_dump(language: str, lines: list[str]) -> None:
    """Writes a dump of MediaWiki whose articles have sentences of the text, with markup."""
    pages = [("Talk:Page 1", 1, "This page is not an article."), ("Page", 0, "")]
    for number in range(DUMPED_PAGES):
        chosen = lines[8 * number : 8 * number + 8]
        first, second, third, *others = (line[0].upper() + line[1:] for line in chosen)
        text = (
            f"{{{{Infobox|name=Page {number}|text=Nothing of this is text.}}}}\n"
            f"'''{first}''' {second}<ref>[https://example.org Source]</ref>\n\n"
            f"== Heading ==\n* [[Page {number}|{third}]]\n\n{' '.join(others)}\n"
            "{| class=wikitable\n| a cell || of a table\n|}\n[[Category:Demo]]\n"
        )
        pages.append((f"Page {number}", 0, text))
    xml = [
        '<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.10/" version="0.10">\n',
        f"<siteinfo><sitename>Demo</sitename><dbname>{language}wiki</dbname></siteinfo>\n",
    ]
    for page_id, (title, namespace, text) in enumerate(pages, start=1):
        xml.append(
            f"<page><title>{title}</title><ns>{namespace}</ns><id>{page_id}</id><revision>"
            "<model>wikitext</model><format>text/x-wiki</format>"
            f'<text xml:space="preserve">{escape(text)}</text></revision></page>\n'
        )
    path = HERE / "wikipedia" / f"{language}wiki-demo-pages-articles.xml"
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join([*xml, "</mediawiki>\n"]), encoding="utf-8", newline="\n")


def write_vocab(words: list[str]) -> None:
    """Learns a wordpiece vocabulary and writes `vocab.txt`."""
    import tensorflow as tf
    from tensorflow_text.tools.wordpiece_vocab import bert_vocab_from_dataset

    vocab = bert_vocab_from_dataset.bert_vocab_from_dataset(
        tf.data.Dataset.from_tensor_slices(words).batch(1000),
        vocab_size=VOCAB_SIZE,
        reserved_tokens=RESERVED_PIECES,
        bert_tokenizer_params={"lower_case": False},
        learn_params={},
    )
    (HERE / "vocab.txt").write_text("\n".join(vocab) + "\n", encoding="utf-8", newline="\n")
    print(f"{len(vocab)} wordpieces")


if __name__ == "__main__":
    main()
