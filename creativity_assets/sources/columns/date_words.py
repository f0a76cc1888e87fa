"""The words of dates in English, French, German, Italian, Spanish and Dutch -> the few English ones that are read on.

`2e moitié du XVIIe siècle` -> `h2 17th century`. The parts of a period become early, mid, late, h1 and h2 (halves),
q1 to q4 (quarters) and turn.
"""

import re
import unicodedata

MAX_LENGTH = 300
"""Characters of a date that are looked at."""

_BEFORE_CHRIST = re.compile(
    r"\bb\.?\s?c\.?(?:\s?e\.?)?(?![a-z])|\bv\.?\s?(?:chr|u\.?\s?z)\b|\ba(?:v|vant)?\.?\s?(?:j\.?-?\s?c|c)\b(?!\s*\d)"
)
_AFTER_CHRIST = re.compile(r"\b(?:a\.?\s?d|c\.?\s?e|n\.?\s?chr|apr?\.?\s?j\.?-?c)\b\.?")
_UNSURE = re.compile(
    r"\bc(?:a|irca)?\b\.?|(?<![a-z])c(?:a|irca)?\.?(?=\d)|\?|\babout\b|\baround\b|\bapprox|\bbefore\b|\bafter\b"
    r"|\b(?:probably|possibly|perhaps|maybe)\b|\bor (?:later|earlier)\b|\bvers\b|\bum\b"
    r"|\b(?:etwa|gegen|wohl|vermutlich|wahrscheinlich|moglicherweise|environ|apres|avant|jusqu|probablement|peut-etre)\b"
    r"|\b(?:verso|forse|probabilmente|hacia|alrededor|probablemente|quizas?|omstreeks|ongeveer|rond|waarschijnlijk)\b"
    r"|\b(?:vor|nach|dopo|ante|despues|antes|voor|na|post)\s+(?=(?:(?:de|del|il|dem|the)\s+)?\d)"
    r"|^\W*(?:by|until|bis|hasta|fino al|tot)\b|\bprima\s+del\b|\bposterior|\banterior"
    r"|\b(?:oder|ou|o|of) (?:spater|fruher|plus tard|plus tot|despues|dopo|later|eerder)\b"
)

_NUMERALS = "i ii iii iv v vi vii viii ix x xi xii xiii xiv xv xvi xvii xviii xix xx xxi"
_ROMANS = _NUMERALS.split()
_ROMAN = rf"\b({'|'.join(sorted(_ROMANS, key=len, reverse=True))})(eme|er?|th|°|º)?(?![a-z\d])"
_ORDINAL = r"\d\d?(?:st|nd|rd|th|ste|de|eme|er|re|e|\.|o|a|°|º)?"
_ORDINALS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth"
    " sixteenth seventeenth eighteenth nineteenth twentieth twenty-first"
)
_WORDS = _ORDINALS.split()
_WORD = rf"\b({'|'.join(reversed(_WORDS))})\b"

_NTH = {
    "1": r"first|former|earlier|1(?:st|re|ere|er|e|\.|o|a|ste)?|premiere?|erste[nrs]?|prim[ao]|primer[ao]?|eerste|i",
    "2": r"second|2(?:nd|e|eme|nde|de|\.|o|a)?|deuxieme|seconde|zweite[nrs]?|second[ao]|segund[ao]|tweede|ii",
    "3": r"third|3(?:rd|e|eme|\.|o|a|de)?|troisieme|dritte[nrs]?|terz[ao]|tercer[ao]?|derde|iii",
    "4": r"fourth|4(?:th|e|eme|\.|o|a|de)?|quatrieme|vierte[nrs]?|quart[ao]|cuart[ao]|vierde|iv",
    "last": r"last|latter|later|letzte[nrs]?|derniere?|ultim[ao]|laatste",
}
_HALF = r"half|moitie|halfte|meta|mitad|helft"
_QUARTER = r"quarter|quart|viertel|quarto|cuarto|kwart"
_THIRD = r"third|tiers|drittel|terzo|tercio|derde"
OR = r"[-/;]|\b(?:to|until|till|through|and|or|bis|und|oder|et|ou|au?|all?a?|e|y|o|tot|en|zum)\b"
"""What stands between the two ends of a range."""
_LITTLE = (
    r"(?:\b(?:of|the|du|de|des|del|della|dello|dell|le|la|les|el|los|il|lo|l|het|van|der|den|dem|das|d|in)\b[\s'’]*)"
)


def _parts() -> list[tuple[re.Pattern[str], str]]:
    """Patterns of the parts of a period, and the word that each becomes."""
    found = []
    for of, names in (
        (_HALF, {"1": "h1", "2": "h2", "last": "h2"}),
        (_QUARTER, {"1": "q1", "2": "q2", "3": "q3", "4": "q4", "last": "q4"}),
        (_THIRD, {"1": "early", "2": "mid", "3": "late", "last": "late"}),
    ):
        for number, name in names.items():
            found.append((re.compile(rf"(?<![\w.])(?:{_NTH[number]})[\s-]*(?:{of})\b"), f"{name} "))
        for number, name in names.items():  # `second or third quarter`
            found.append((re.compile(rf"(?<![\w.])(?:{_NTH[number]})\s*(?:{OR})\s*(?={name[0]}\d)"), f"{name} "))
    words = {
        "turn": r"turn|tournant|wende|volgere|cambio|wisseling|overgang",
        "early": r"early|beginning|beginn?|start|anfangs?|fruhe[nrs]?|debuts?|inizio?|principio?s?|comienzos?|vroege?",
        "mid": r"mid|middle|mitte|milieu|mediados?|meta|midden|half",
        "late": r"late|end|endes?|spate[nrs]?|fin|fine|finales?|fines|einde?",
    }
    return found + [(re.compile(rf"\b(?:{of})\b\.?(?![a-z])"), f"{name} ") for name, of in words.items()]


_PARTS = _parts()
_CENTURY_WORD = (
    r"(?:century|centuries|siecles?|jahrhunderts?|jhdt?s?\b\.?|jhs?\b\.?|eeuw(?:se)?|secol[oi]|siglos?|seculos?)"
)
_REWRITTEN: tuple[tuple[re.Pattern[str], str], ...] = (
    (_AFTER_CHRIST, "ad"),
    (re.compile(rf"\b{_CENTURY_WORD}(?![a-z])"), " century "),
    (re.compile(rf"\bs(?:ec|igs?|ec[sc])?\b\.?\s*(?={_ROMAN})"), " century "),
    (re.compile(r"(?<=\d)(st|nd|rd|th)\s*cent\b\.?"), r"\1 century "),
    (re.compile(rf"({_ROMAN})\s*cent\b\.?"), r"\1 century "),
    (re.compile(r"(?<=\d)(st|nd|rd|th)\s*c\b(?!\.?\s*\d)\.?"), r"\1 century "),
    (re.compile(r"\b(?:annees|anni|anos|jaren|decade|decennie|decada)\s+(?:de\s+)?(\d{3}0)(?:'?s|er)?\b"), r"\1s"),
)


def in_english(date: str) -> str | None:
    """A date in small letters without accents, its words those of the module's own; None where it is before Christ."""
    text = re.sub(r"(?<=\d)\.0+$", "", _plain(date))  # a table read as floats and written again
    if _BEFORE_CHRIST.search(text):
        return None
    for pattern, word in _REWRITTEN:
        text = pattern.sub(word, text)
    for pattern, word in _PARTS:
        text = pattern.sub(word, text)
    text = re.sub(_WORD, lambda found: f"{_WORDS.index(found[1]) + 1}th", text)
    if "century" in text:
        text = _with_numbers(text)
    return re.sub(r"\s+", " ", re.sub(_LITTLE, " ", text)).strip()


def is_unsure(date: str) -> bool:
    """Whether a date is told with doubt, or as the one that something came before or after."""
    return _UNSURE.search(_AFTER_CHRIST.sub("ad", _plain(date))) is not None


def _plain(date: str) -> str:
    """Small letters without accents, one kind of dash and of apostrophe."""
    text = unicodedata.normalize("NFKD", date[:MAX_LENGTH]).strip().lower()
    text = "".join(c for c in text if not unicodedata.combining(c))
    return re.sub(r"[\u2010-\u2015\u2212]", "-", text).replace("’", "'")


def _with_numbers(text: str) -> str:
    """Roman numerals as numbers, a single letter only beside the word century; and `century 19` as `19th century`."""

    def number(found: re.Match[str]) -> str:
        numeral, suffix = found[1], found[2]
        beside = text[found.end() :].lstrip().startswith("century") or text[: found.start()].endswith("century ")
        return f"{_ROMANS.index(numeral) + 1}th" if len(numeral) > 1 or beside or suffix == "e" else found[0]

    text = re.sub(_ROMAN, number, text)
    return re.sub(
        rf"({_ORDINAL}\s*)?\bcentury\s+(\d\d?)(?:th)?\b(?!\.? ?century)",
        lambda found: found[0] if found[1] else f"{found[2]}th century",
        text,
    )
