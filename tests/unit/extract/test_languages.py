"""The language is told from the text, or not at all."""

import pytest

from monitor.extract import detect_language

SENTENCES = {
    "en": (
        "The two ministers met in the capital and agreed to build a railway that will carry grain to the sea."
    ),
    "ru": (
        "Министры двух стран встретились в столице и договорились построить железную дорогу для вывоза зерна."
    ),
    "kk": (
        "Екі елдің министрлері елордада кездесіп, астықты теңізге тасымалдайтын теміржол салуға уағдаласты."
    ),
    "ky": (
        "Эки өлкөнүн министрлери борбор калаада жолугушуп, эгинди "
        "деңизге жеткирүүчү темир жол курууга макулдашты."
    ),
    "uz": (
        "Ikki davlat vazirlari poytaxtda uchrashib, donni dengizga "
        "olib chiqadigan temir yoʻl qurishga kelishib oldi."
    ),
    "tg": (
        "Вазирони ду кишвар дар пойтахт вохӯрданд ва барои сохтани "
        "роҳи оҳан, ки ғалларо ба баҳр мебарад, розӣ шуданд."
    ),
    "tr": (
        "İki ülkenin bakanları başkentte görüştü ve tahılı denize "
        "taşıyacak bir demiryolu yapılması konusunda anlaştı."
    ),
    "zh": (
        "两国部长在首都会晤,同意修建一条将粮食运往海边的铁路。"
        "这条铁路将于明年春天开工,预计三年后完工并投入使用,届时运输时间将缩短一半。"
    ),
}


@pytest.mark.parametrize("lang", SENTENCES)
def test_a_sentence_is_enough(lang: str) -> None:
    """One sentence of news tells its language, those of Central Asia included."""
    assert detect_language(SENTENCES[lang]) == lang


def test_uzbek_in_cyrillic_is_uzbek() -> None:
    """A language keeps its name in its other script."""
    text = "Икки давлат вазирлари пойтахтда учрашиб, донни денгизга олиб чиқадиган темир йўл қурмоқчи бўлди."
    assert detect_language(text) == "uz"


@pytest.mark.parametrize("text", ["", "Astana, 23 November", "2026 11 23 " * 40, "阿斯塔纳"])
def test_too_little_is_unknown(text: str) -> None:
    """A few words or figures tell nothing."""
    assert detect_language(text) is None


def test_a_long_text_is_judged_by_more_than_its_beginning() -> None:
    """A lead in another language does not outweigh the article."""
    assert detect_language("Nur-Sultan. " * 8 + SENTENCES["ru"] * 20) == "ru"
