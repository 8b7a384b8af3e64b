"""A small world in many languages of which every hit is written down: the oracle's own knowledge.

A *piece* is what stands between two spaces of a text. It is made of units, the words that the topic
language counts: a Chinese character, the two halves of a compound. An atom (a term, a name, a
regular expression as it is written in a query) lists the runs of units that are its hits. Nothing
here is worked out by the preparation, the inflection or the scan: it is all spelled out.
"""

from dataclasses import dataclass

from small_packs import LANGUAGES, names, query

from monitor.domain.topics import Actor, Group, Pack, Theme, Topic

PIECES: dict[str, tuple[str, ...]] = {
    piece: (piece,)
    for piece in [
        "gas",
        "GAS",
        "gasoline",
        "union",
        "Unions",
        "oil",
        "minerals",
        "Miners",
        "mine",
        "woman",
        "women",
        "womaan",
        "OTS",
        "ots",
        "Казахстан",
        "Казахстане",
        "казахстанский",
        "банк",
        "банкларында",
        "Қазақстан",
        "Türkiye",
        "TURKIYE",
        "türkiye",
        "ışık",
        "IŞIK",
        "Oʻzbekiston",
        "O'zbekiston",
        "O‘zbekistonda",
        "والصين",
        "الصينية",
        "صين",
        "كازاخستان",
        "Transcaspian",
        "transcaspian",
        "Kazakhstan",
        "Astana",
        "Pro",
        "Team",
        "Kazatomprom",
        "Brussels",
        "uranium",
        "depleted",
        "loans",
        "loan",
        "the",
        "of",
        "in",
        "і",
        "та",
    ]
} | {
    "Trans-Caspian": ("Trans", "Caspian"),
    "中国": ("中", "国"),
    "与中国合作": ("与", "中", "国", "合", "作"),
    "ｇａｓ": ("ｇａｓ",),
    "ga\u00ads": ("ga\u00ads",),
    "«oil»,": ("oil",),
    "l'union": ("l", "union"),
    "Xx": ("Xx",),
    "xx.": ("xx",),
}
"""Every piece that a text may hold, with its units as they are written."""

_GAS = {"gas", "GAS", "ｇａｓ", "ga\u00ads"}
_KAZAKHSTAN = {"Казахстан", "Казахстане", "Kazakhstan"}
_PARTNERS = {"Brussels"}


@dataclass(frozen=True)
class Run:
    """Units that follow one another: each one of a set. `joined` ones stand in one piece.

    `label` is what the evidence says; `unless` are runs whose overlap bars this one.
    """

    units: tuple[frozenset[str], ...]
    joined: bool = False
    label: str = ""
    unless: "tuple[Run, ...]" = ()


def run(*units: str | set[str], joined: bool = False, label: str = "", unless: tuple[Run, ...] = ()) -> Run:
    """Return the run in which each unit is one of some; words in a text are separated by spaces."""
    return Run(
        tuple(frozenset(unit.split()) if isinstance(unit, str) else frozenset(unit) for unit in units),
        joined,
        label,
        unless,
    )


_CYCLING = (run("Astana", "Pro", "Team"),)
_DEPLETED = (run("depleted", "uranium"),)
_STATE = (
    run(_KAZAKHSTAN, label="@kazakhstan"),
    run("Astana", label="@kazakhstan", unless=_CYCLING),
    run("Kazatomprom", label="@kazatomprom"),
)
_CASPIAN = (run("Trans", "Caspian", joined=True), run("Transcaspian transcaspian"))
_MINERALS = (run("uranium", label="#minerals", unless=_DEPLETED), run("minerals", label="#minerals"))

ATOMS: dict[str, tuple[Run, ...]] = {
    "gas": (run(_GAS),),
    "GAS": (run(_GAS),),
    "union": (run("union"),),
    "union~": (run("union Unions"),),
    '"gas union~"': (run(_GAS, "union Unions"),),
    '"the gas"': (run("the", _GAS),),
    "gas*": (run(_GAS | {"gasoline"}),),
    "miner*": (run("minerals Miners"),),
    "wom?n": (run("woman women"),),
    '"wom?n of"': (run("woman women", "of"),),
    "=OTS": (run("OTS"),),
    "ots": (run("OTS ots"),),
    "=gas": (run({"gas", "ｇａｓ", "ga\u00ads"}),),
    "Казахстан~": (run("Казахстан Казахстане"),),
    "Казахстан": (run("Казахстан"),),
    "казахстан*": (run("Казахстан Казахстане казахстанский"),),
    "Қазақстан": (run("Қазақстан"),),
    "банк~kk": (run("банк банкларында"),),
    "Turkiye": (run("Türkiye TURKIYE türkiye"),),
    "=Türkiye": (run("Türkiye"),),
    "isik": (run("ışık IŞIK"),),
    "Ozbekiston": (run("Oʻzbekiston O'zbekiston"),),
    "Oʻzbekiston~": (run("Oʻzbekiston O'zbekiston O‘zbekistonda"),),
    "صين~": (run("والصين الصينية صين"),),
    "كازاخستان": (run("كازاخستان"),),
    "Transcaspian": _CASPIAN,
    "Trans-Caspian": _CASPIAN,
    "caspian": (run("Caspian"),),
    "中国": (run("中", "国", joined=True),),
    "合?": (run("合", "作", joined=True),),
    '"中国 合作"': (run("中", "国", "合", "作"),),
    "oil": (run("oil"),),
    '"oil gas"': (run("oil", _GAS),),
    '"gas gas"': (run(_GAS, _GAS),),
    "loan~": (run("loan loans"),),
    "та": (run("та"),),
    're:"\\bga+s\\b"': (run({"gas", "GAS"}),),
    're:"oil|mine\\b"': (run("oil mine"),),
    "@kazakhstan": _STATE,
    "@kazatomprom": (_STATE[2],),
    "@eu": (run(_PARTNERS, label="@eu"),),
    "@central-asia": _STATE,
    "@everyone": (*_STATE, run(_PARTNERS, label="@eu")),
    "#minerals": _MINERALS,
    "#mine": (run("mine", label="#mine"),),
}
"""Every atom that a query may hold, as it is written there, with all runs that are its hits."""

PACK = Pack(
    languages=LANGUAGES,
    actors=(
        Actor(
            id="kazakhstan",
            name="Kazakhstan",
            kind="state",
            names=(*names("Kazakhstan", "Astana"), *names("Казахстан~", lang="ru")),
            unless=(query('"Astana Pro Team"'),),
        ),
        Actor(
            id="kazatomprom", name="Kazatomprom", kind="company", of="kazakhstan", names=names("Kazatomprom")
        ),
        Actor(id="eu", name="European Union", kind="bloc", names=names("Brussels")),
    ),
    groups=(
        Group(id="central-asia", name="Central Asia", members=("kazakhstan",)),
        Group(id="everyone", name="All", members=("central-asia",), select=((("kind", "bloc"),),)),
    ),
    themes=(
        Theme(
            id="minerals",
            name="Minerals",
            terms=names("uranium", "minerals"),
            unless=(query('"depleted uranium"'),),
        ),
    ),
)
"""The same world as the matcher is told of it; topics are added, each with the list #mine."""

MINE = Theme(id="mine", name="Mine", terms=names("mine"))


def asking(number: int, text: str) -> Topic:
    """Return a topic that tells of every text in which the query holds."""
    return Topic(id=f"q{number}", name="Q", require=query(text), threshold=0, lists=(MINE,))
