"""Writes the small data set of named entities of this directory, ner/LANGUAGE/SPLIT.txt.

Sentences and names were made up for this project. Some names occur in the dev files only, and some
are of persons in one sentence and of organisations in another.

  python testdata/build_ner.py
"""

import random
from pathlib import Path

HERE = Path(__file__).parent
TRAIN_SENTENCES, DEV_SENTENCES = 200, 40
# The part of each kind of names that only dev sentences have.
HELD_OUT = 0.2

# Language to the sentences, and the names of each type.
LANGUAGES = {
    "en": {
        "sentences": [
            "PER lives in LOC .",
            "PER met PER at ORG yesterday .",
            "ORG opens a shop in LOC .",
            "The boat to LOC is late .",
            "PER works for ORG .",
            "Nobody knows why ORG left LOC .",
            "In LOC and in LOC it rains .",
            "The old bridge was painted green .",
            "PER , who came from LOC , sells apples .",
            "ORG and ORG like the song of PER .",
        ],
        "PER": [
            "Anna Miller",
            "Tom Baker",
            "Maria",
            "Peter Stone",
            "Nina Hill",
            "Oscar",
            "Lena Carter",
            "Victor Hugo Green",
            "Ruth Fisher",
            "Hugo Marsh",
        ],
        "LOC": [
            "Greenport",
            "Old Harbour",
            "Lake Nina",
            "Marsh Hill",
            "Stonefield",
            "North Village",
            "Appleton",
            "Red Forest",
            "Westbridge",
            "Lake Victor",
        ],
        "ORG": [
            "Harbour School",
            "Stone and Sons",
            "Green Lamp Club",
            "Bank of Greenport",
            "Nordlight",
            "Miller",
            "Boat Union",
            "Westbridge United",
            "Marsh Painters",
            "House of Song",
        ],
    },
    "es": {
        "sentences": [
            "PER vive en LOC .",
            "PER canta con PER en ORG .",
            "ORG abre una casa en LOC .",
            "El barco de LOC llega tarde .",
            "PER trabaja para ORG .",
            "¿ Por qué dejó ORG a PER ?",
            "Llueve en LOC y en LOC .",
            "La puerta vieja es verde .",
            "PER , que es de LOC , vende manzanas .",
            "ORG y ORG compran el libro de PER .",
        ],
        "PER": [
            "Ana Molina",
            "Carlos Pastor",
            "Lucía",
            "Pedro del Río",
            "Elena Torres",
            "Óscar",
            "Marta Herrera",
            "Diego Peña",
            "Sofía Campos",
            "Hugo Marín",
        ],
        "LOC": [
            "Puerto Verde",
            "Villa del Mar",
            "Lago Elena",
            "Piedras",
            "Santa Lucía",
            "Torres",
            "Monte Rojo",
            "Campo Alto",
            "Valle Diego",
            "Río Seco",
        ],
        "ORG": [
            "Escuela del Mar",
            "Banco de Piedras",
            "Molina e Hijos",
            "Luz del Norte",
            "Unión de Barcos",
            "Herrera",
            "Club de Lectores",
            "Casa de la Canción",
            "Pintores de Campo Alto",
            "Deportivo Torres",
        ],
    },
    "ru": {
        "sentences": [
            "PER живёт в городе LOC .",
            "PER встретил человека по имени PER .",
            "ORG строит дом в городе LOC .",
            "Лодка из города LOC опоздала .",
            "PER работает в компании ORG .",
            "Никто не знает , где ORG .",
            "LOC и LOC видят дождь .",
            "Старый мост был зелёный .",
            "PER , который видел LOC , продаёт книги .",
            "ORG и ORG любят песню PER .",
        ],
        "PER": [
            "Анна Мельник",
            "Пётр Камнев",
            "Мария",
            "Иван Рыбаков",
            "Нина Холмова",
            "Олег",
            "Лена Лесная",
            "Виктор Зелёный",
            "Вера Садова",
            "Юрий Морской",
        ],
        "LOC": [
            "Зеленоград",
            "Старая Гавань",
            "Озеро Нина",
            "Камнево",
            "Северное Село",
            "Рыбаково",
            "Красный Лес",
            "Новый Мост",
            "Садовое",
            "Морская",
        ],
        "ORG": [
            "Банк Камнево",
            "Школа Моря",
            "Мельник и Сын",
            "Северный Свет",
            "Союз Лодок",
            "Рыбаков",
            "Клуб Книги",
            "Дом Песни",
            "Театр Леса",
            "Динамо Садовое",
        ],
    },
    "tr": {
        "sentences": [
            "PER , LOC şehrinde yaşıyor .",
            "PER ile PER okulda konuştu .",
            "ORG , LOC için ev yaptı .",
            "LOC gemisi geç geldi .",
            "PER , ORG için çalışıyor .",
            "Kimse ORG nerede bilmiyor .",
            "LOC ve LOC çok güzel .",
            "Eski köprü yeşil .",
            "PER , LOC kapısında elma satıyor .",
            "ORG ve ORG , PER şarkısını seviyor .",
        ],
        "PER": [
            "Ayşe Yılmaz",
            "Mehmet Taş",
            "Elif",
            "Kemal Balık",
            "Nazlı Tepe",
            "Orhan",
            "Leyla Orman",
            "Deniz Yeşil",
            "Zeynep Bahçe",
            "Can Deniz",
        ],
        "LOC": [
            "Yeşilköy",
            "Eski Liman",
            "Taşova",
            "Kuzey Köy",
            "Elif Gölü",
            "Balıklı",
            "Kızıl Orman",
            "Yeni Köprü",
            "Bahçeli",
            "Denizli Tepe",
        ],
        "ORG": [
            "Taşova Bankası",
            "Deniz Okulu",
            "Yılmaz ve Oğlu",
            "Kuzey Işığı",
            "Gemi Birliği",
            "Tepe",
            "Kitap Kulübü",
            "Şarkı Evi",
            "Orman Tiyatrosu",
            "Bahçeli Spor",
        ],
    },
    "hi": {
        "sentences": [
            "PER LOC में रहता है ।",
            "PER और PER ORG में मिले ।",
            "ORG LOC में घर बनाता है ।",
            "LOC की नाव देर से आई ।",
            "PER ORG के लिए काम करता है ।",
            "ORG कहाँ है ?",
            "LOC और LOC में पानी है ।",
            "पुराना घर बड़ा है ।",
            "PER जो LOC से आया किताब देखता है ।",
            "ORG और ORG PER का गीत सुनते हैं ।",
        ],
        "PER": [
            "अनिल कुमार",
            "सीता देवी",
            "मोहन",
            "राम लाल",
            "गीता शर्मा",
            "हरी",
            "राधा वन",
            "कमल सागर",
            "मीना बाग",
            "किशन नदी",
        ],
        "LOC": [
            "हरा नगर",
            "पुराना घाट",
            "राम गाँव",
            "नदी पार",
            "गीता सागर",
            "उत्तर ग्राम",
            "लाल वन",
            "नया पुल",
            "कमल बाग",
            "सागर तट",
        ],
        "ORG": [
            "राम बैंक",
            "सागर विद्यालय",
            "कुमार और पुत्र",
            "उत्तर दीप",
            "नाव संघ",
            "शर्मा",
            "किताब सभा",
            "गीत भवन",
            "वन मंडल",
            "बाग दल",
        ],
    },
}


def names_of(names: list[str], is_dev: bool) -> list[str]:
    """Those that a split may have."""
    return names if is_dev else names[: round(len(names) * (1 - HELD_OUT))]


def tagged(sentence: str, names: dict[str, list[str]], generator: random.Random) -> list[str]:
    """The lines of a sentence whose slots are filled with names."""
    lines = []
    for token in sentence.split(" "):
        if token in names:
            first, *others = generator.choice(names[token]).split(" ")
            lines += [f"{first}\tB-{token}", *(f"{word}\tI-{token}" for word in others)]
        else:
            lines.append(f"{token}\tO")
    return lines


def main() -> None:
    """Writes all files."""
    for language, content in LANGUAGES.items():
        directory = HERE / "ner" / language
        directory.mkdir(parents=True, exist_ok=True)
        for split, count in (("train", TRAIN_SENTENCES), ("dev", DEV_SENTENCES)):
            generator = random.Random(f"{language} {split}")
            names = {
                type_: names_of(content[type_], split == "dev") for type_ in ("PER", "LOC", "ORG")
            }
            sentences = [
                tagged(generator.choice(content["sentences"]), names, generator)
                for _ in range(count)
            ]
            text = "".join("\n".join(lines) + "\n\n" for lines in sentences)
            (directory / f"{split}.txt").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
