"""How words of rewards and of questions become terms: Chinese in pairs of signs.

Chinese has no spaces, and a dictionary never knows this year's product. Pairs need none: 龙井茶
becomes 龙井 and 井茶, and a question for 龙井 finds it. Single signs are kept beside the pairs for
questions of one sign. Latin words and numbers stay whole; a question's last word may be a
beginning, since people stop typing when they see what they want.
"""

import unicodedata
from collections.abc import Iterator
from itertools import groupby

# Of a question: what is beyond it is not looked at.
SIGNS_MAX = 200
TERMS_MAX = 24
# Of a text: what stands after it is not found. 2,000 terms are more than any description has.
TEXT_SIGNS_MAX = 8_000
_WORD_MAX = 40
# A beginning of one letter would find half the shop.
_BEGINNING_MIN = 2

_CJK = (
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x3040, 0x30FF),
    (0xAC00, 0xD7AF),
    (0x20000, 0x3FFFF),
)


def folded(text: str) -> str:
    """Full-width and half-width, capital and small are one. Control signs part words."""
    shaped = unicodedata.normalize("NFKC", text).casefold()
    return unicodedata.normalize("NFKC", shaped)


def terms_of(text: str) -> list[str]:
    """The terms under which a text is found, in their order, repeats included."""
    found: list[str] = []
    for kind, run in _runs(folded(text[:TEXT_SIGNS_MAX])):
        if kind == "cjk":
            found.extend(run)
            found.extend(_pairs(run))
        else:
            found.append(run[:_WORD_MAX])
    return found


def question(text: str) -> tuple[list[str], str]:
    """The terms that all have to be there, and the word that is perhaps only begun ("" for none).

    No sign has a meaning as an operator: quotes, stars and minus signs part words like spaces.
    """
    # Cut first: a sign may fold to many (U+FDFA to eighteen), so it is cut again afterwards.
    shaped = folded(text[:SIGNS_MAX])[:SIGNS_MAX]
    runs = list(_runs(shaped))
    found: list[str] = []
    begun = ""
    for place, (kind, run) in enumerate(runs):
        if kind == "cjk":
            found.extend(_pairs(run) if len(run) > 1 else [run])
        elif place == len(runs) - 1 and len(run) >= _BEGINNING_MIN and shaped.endswith(run):
            begun = run[:_WORD_MAX]
        else:
            found.append(run[:_WORD_MAX])
    return list(dict.fromkeys(found))[:TERMS_MAX], begun


def _pairs(run: str) -> list[str]:
    return [run[place : place + 2] for place in range(len(run) - 1)]


def _runs(text: str) -> Iterator[tuple[str, str]]:
    for kind, signs in groupby(text, key=_kind):
        if kind:
            yield kind, "".join(signs)


def _kind(sign: str) -> str:
    if any(low <= ord(sign) <= high for low, high in _CJK):
        return "cjk"
    # Letters of every other script and digits; marks belong to the letter before them.
    return "word" if unicodedata.category(sign)[0] in "LNM" else ""
