"""Templates that lie at a provider: what a merchant enters for them, and what their fields hold.

SMS: `SMS_123456789:points+day`, the provider's code and the values that its text names.
WeChat: `ID:number1=points+date2=day`, the template's id and the value for each of its fields.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

from notifications.policies.wording import Broken

_CODE = re.compile(r"[A-Za-z0-9_-]{1,100}")
_NAME = re.compile(r"[a-z_]{1,30}")
_FIELD = re.compile(r"([a-z_]{1,20}?)[0-9]{1,3}")
_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})")


class AtProvider(NamedTuple):
    """A template at a provider. `fields` maps its fields to our placeholders; None: all of them
    under our own names."""

    code: str
    fields: dict[str, str] | None

    @property
    def names(self) -> frozenset[str]:
        return frozenset((self.fields or {}).values())


def read(text: str, *, has_fields: bool) -> AtProvider:
    """Read what a merchant has entered; raises `Broken` with the part that cannot be read."""
    code, colon, rest = text.strip().partition(":")
    if not _CODE.fullmatch(code):
        raise Broken(code[:40])
    if not colon and not has_fields:
        return AtProvider(code, None)
    fields: dict[str, str] = {}
    for part in rest.split("+"):
        field, equals, name = part.strip().partition("=")
        name = name if equals else field
        is_known = not has_fields or (
            equals and (kind := _FIELD.fullmatch(field)) and kind[1] in _FITS
        )
        if not is_known or not _NAME.fullmatch(name) or field in fields:
            raise Broken(part[:40])
        fields[field] = name
    return AtProvider(code, fields)


class DoesNotFit(ValueError):
    """A value that a field of WeChat's cannot hold in any form."""


def fitted(field: str, value: str) -> str:
    """`value`, as people read it, in the form and length that WeChat allows for `field`.

    After the published table of 订阅消息参数值内容限制. Texts are cut; raises `DoesNotFit` for
    what would be something else then, such as a number.
    """
    kind = _FIELD.fullmatch(field)
    text = _FITS[kind[1]](" ".join(value.split())) if kind is not None else ""
    if not text:
        raise DoesNotFit(field)
    return text


def _cut(length: int) -> Callable[[str], str]:
    return lambda text: text if len(text) <= length else f"{text[: length - 1]}…"


def _number(text: str) -> str:
    plain = text.replace(",", "")
    return plain if re.fullmatch(r"-?\d{1,30}(\.\d{1,10})?", plain) and len(plain) <= 32 else ""


def _amount(text: str) -> str:
    plain = text.replace(",", "").strip("¥元 ")
    return f"¥{plain}" if re.fullmatch(r"\d{1,10}(\.\d{1,2})?", plain) else ""


def _date(text: str) -> str:
    found = _DAY.search(text)
    return f"{int(found[1])}年{int(found[2])}月{int(found[3])}日" if found else ""


def _kept(pattern: str, length: int) -> Callable[[str], str]:
    return lambda text: "".join(re.findall(pattern, text))[:length]


def _name(text: str) -> str:
    return text[: 20 if text.isascii() else 10]


_FITS: dict[str, Callable[[str], str]] = {
    "thing": _cut(20),
    "number": _number,
    "letter": _kept(r"[A-Za-z]", 32),
    "symbol": _kept(r"[^\w\s]", 5),
    "character_string": _kept(r"[\x21-\x7e]", 32),
    "time": _date,
    "date": _date,
    "amount": _amount,
    "phone_number": _kept(r"[0-9+\-]", 17),
    "car_number": _cut(8),
    "name": _name,
    "phrase": _kept(r"[\u4e00-\u9fff]", 5),
    "const": _cut(20),
}
