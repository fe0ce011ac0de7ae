"""Reading an address from one pasted line. No Django, no clock, no query."""

import re
import unicodedata
from typing import NamedTuple

from members.policies import regions
from members.policies.people import national_phone, normalise_phone

_PHONE = re.compile(r"(?:\+?86[- ]?|0086[- ]?)?1[3-9]\d(?:[- ]?\d{4}){2}(?!\d)")
_PARTS = re.compile(r"[\s,，;；、|]+")
_LABELS = re.compile(
    r"(?:收货人|收件人|姓名|联系人|联系电话|手机号码|手机号|手机|电话|所在地区|详细地址|收货地址|地址)[:：]?"
)
_RECIPIENT_MAX = 12
_NAME_AT_END_MAX = 4


class Parsed(NamedTuple):
    """What a line told; empty texts for what it did not."""

    recipient: str = ""
    phone: str = ""
    region: str = ""
    detail: str = ""


def parse(text: str) -> Parsed:
    """Recipient, phone, district and the rest, as people copy them out of a chat.

    `林小雨 13800138000 浙江省杭州市西湖区文三路 90 号` in any order. It guesses, a person checks:
    nothing is stored without having been shown in the form.
    """
    line = unicodedata.normalize("NFKC", text)
    phone = ""
    if match := _PHONE.search(line):
        found = normalise_phone(match.group())
        phone = national_phone(found) if found else ""
        line = f"{line[: match.start()]} {line[match.end() :]}"
    parts = [part for part in _PARTS.split(_LABELS.sub(" ", line)) if part]
    region, before, after = _located(parts)
    recipient = ""
    if before and len(before[0]) <= _RECIPIENT_MAX:
        recipient = before.pop(0)
    elif len(after) > 1 and len(after[-1]) <= _NAME_AT_END_MAX:
        recipient = after.pop()
    return Parsed(recipient, phone, region, " ".join([*before, *after]))


def _located(parts: list[str]) -> tuple[str, list[str], list[str]]:
    """The district that the parts name, and what stands before and after its name."""
    region = ""
    before: list[str] = []
    after: list[str] = []
    for part in parts:
        code, left = _named(region, part) if not after else ("", part)
        if code:
            region = code
        if left:
            (after if region else before).append(left)
    return region, before, after


def _named(region: str, part: str) -> tuple[str, str]:
    """The division (below `region`, once there is one) that `part` begins with, and the rest."""
    if region:
        return _deeper(region, part)
    code, length = regions.found_in(part)
    return code, part[length:]


def _deeper(region: str, part: str) -> tuple[str, str]:
    for code, name in regions.children(region):
        if part.startswith(name):
            return code, part[len(name) :]
    return "", part
