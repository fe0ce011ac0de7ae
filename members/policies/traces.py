"""What names a person, and how it is found and taken out of texts. No Django, no query."""

import json
import re
from dataclasses import dataclass
from functools import cached_property

GONE = "…"
# A name of one character, or a number of four, is part of a thousand other words.
_NAME_LENGTH_MIN = 2
_NUMBER_LENGTH_MIN = 5
_COUNTRY = "+86"


@dataclass(frozen=True)
class Traces:
    """All that names one person directly: phones in E.164, names, numbers of other systems."""

    phones: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    external_numbers: frozenset[str] = frozenset()
    wechat_ids: frozenset[str] = frozenset()

    @cached_property
    def texts(self) -> frozenset[str]:
        """Every spelling that a text may carry, short and common words left out."""
        found = {spelling for phone in self.phones for spelling in spellings(phone)}
        found |= {name for name in self.names if len(name) >= _NAME_LENGTH_MIN}
        found |= {one for one in self.external_numbers if len(one) >= _NUMBER_LENGTH_MIN}
        return frozenset(found | self.wechat_ids)

    def scrubbed(self, text: str) -> str:
        """`text` without anything that names the person, also where JSON has escaped it.

        A number counts only as a whole: the digits of a longer one are somebody else's.
        """
        return self._pattern.sub(GONE, text) if self.texts else text

    def is_in(self, text: str) -> bool:
        return bool(self.texts) and self._pattern.search(text) is not None

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        forms = self.texts | {json.dumps(text)[1:-1] for text in self.texts}
        longest_first = sorted(forms, key=lambda form: (-len(form), form))
        return re.compile("|".join(_bounded(form) for form in longest_first))


def spellings(phone: str) -> frozenset[str]:
    """A number in E.164 as people and files write it."""
    if not phone.startswith(_COUNTRY):
        return frozenset({phone, phone.lstrip("+")})
    digits = phone[len(_COUNTRY) :]
    parts = (digits[:3], digits[3:7], digits[7:])
    national = {digits, " ".join(parts), "-".join(parts)}
    return frozenset(
        national
        | {f"{start}{blank}{one}" for one in national for start in _STARTS for blank in ("", " ")}
    )


_STARTS = ("+86", "0086", "86")


def _bounded(form: str) -> str:
    text = re.escape(form)
    before = r"(?<![0-9A-Za-z])" if form[0].isascii() and form[0].isalnum() else ""
    after = r"(?![0-9A-Za-z])" if form[-1].isascii() and form[-1].isalnum() else ""
    return f"{before}{text}{after}"
