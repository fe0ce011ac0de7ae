"""Arithmetic about people: phone numbers, member numbers, codes. No Django, no clock, no query."""

import ipaddress
import re
import unicodedata
from datetime import date

import phonenumbers

# The version of the membership terms and privacy statement that the pages show.
TERMS_VERSION = "2026-11"

PHONE_REGION = "CN"
PHONE_LENGTH_MAX = 40
_PHONE_CHARACTERS = frozenset("0123456789+-(). ")
_MOBILE_IN_TEXT = re.compile(
    r"(?<!\d)(?:(?:\+|00)?86[ -]?)?([1\uff11][3-9\uff13-\uff19]\d[ -]?\d{4}[ -]?\d{4})(?!\d)"
)
_MOBILE = frozenset(
    {phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE}
)

# Damm's quasigroup of order 10: one check digit catches every single wrong digit and every
# swap of neighbours, which are the two mistakes that a cashier makes.
_DAMM = (
    (0, 3, 1, 7, 5, 9, 8, 6, 4, 2),
    (7, 0, 9, 2, 1, 5, 4, 8, 6, 3),
    (4, 2, 0, 6, 8, 7, 1, 3, 5, 9),
    (1, 7, 5, 0, 9, 8, 3, 4, 2, 6),
    (6, 1, 2, 3, 0, 4, 5, 9, 7, 8),
    (3, 6, 7, 4, 2, 0, 9, 5, 8, 1),
    (5, 8, 6, 9, 7, 2, 0, 1, 3, 4),
    (8, 9, 4, 5, 3, 6, 2, 0, 1, 7),
    (9, 4, 3, 8, 6, 1, 7, 2, 0, 5),
    (2, 5, 8, 1, 4, 3, 6, 7, 9, 0),
)

MEMBER_NUMBER_DIGITS = 12
# The payload's first digit is 2–9: twelve digits that never look like a phone number
# with its country's prefix, nor lose a leading zero in a spreadsheet.
MEMBER_NUMBER_PAYLOADS = 8 * 10 ** (MEMBER_NUMBER_DIGITS - 2)


def normalise_phone(text: str) -> str | None:
    """The mobile number in E.164 (`+8613800138000`), or None where `text` is not one.

    `+86`, `0086`, blanks, hyphens and full-width digits all lead to the same number;
    a number without a country's prefix is read as Chinese.
    """
    if len(text) > PHONE_LENGTH_MAX:
        return None
    folded = unicodedata.normalize("NFKC", text).strip()
    if not folded or not _PHONE_CHARACTERS.issuperset(folded):
        return None
    try:
        number = phonenumbers.parse(folded, PHONE_REGION)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    if phonenumbers.number_type(number) not in _MOBILE:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def national_phone(phone: str) -> str:
    """How people write the number: without `+86` for Chinese ones, as E.164 for others."""
    return phone.removeprefix("+86")


def mask_phone(phone: str) -> str:
    """`138****8000`: enough to recognise one's own number, not enough to call a stranger."""
    shown = national_phone(phone)
    if len(shown) < 8:
        return "*" * len(shown)
    return f"{shown[:3]}****{shown[-4:]}"


def mask_phones_in(text: str) -> str:
    """`text` with every mobile number of China in it masked, however it is written."""
    return _MOBILE_IN_TEXT.sub(lambda found: _masked(found.group(1)), text)


def _masked(number: str) -> str:
    digits = "".join(character for character in number if character.isdigit())
    return f"{digits[:3]}****{digits[-4:]}"


def mask_number(number: str) -> str:
    """A member number with only its last four digits, for a card that others may see."""
    return f"**** **** {number[-4:]}"


def _damm(digits: str) -> int:
    interim = 0
    for digit in digits:
        interim = _DAMM[interim][int(digit)]
    return interim


def member_number(payload: int) -> str:
    """The twelve digits of member number `payload`, 0 ≤ payload < MEMBER_NUMBER_PAYLOADS."""
    if not 0 <= payload < MEMBER_NUMBER_PAYLOADS:
        raise ValueError("payload out of range")
    digits = str(payload + 2 * 10 ** (MEMBER_NUMBER_DIGITS - 2))
    return f"{digits}{_damm(digits)}"


def is_member_number(text: str) -> bool:
    """Whether `text` has the form and the check digit of a member number."""
    return (
        len(text) == MEMBER_NUMBER_DIGITS
        and text.isascii()
        and text.isdigit()
        and text[0] not in "01"
        and _damm(text) == 0
    )


def grouped_number(number: str) -> str:
    """`8421 0937 5526`: as it is read aloud."""
    return " ".join(number[start : start + 4] for start in range(0, len(number), 4))


def network(ip: str) -> str:
    """What counts as one asker: an IPv4 address, or the /64 that one IPv6 customer owns.

    Anything else is one asker together, so that an unreadable address is no way around a cap.
    """
    try:
        address = ipaddress.ip_address(ip.strip())
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def fold_digits(text: str) -> str:
    """`text` without blanks and with full-width digits as plain ones, as people paste codes."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def is_birthday(day: date, *, today: date) -> bool:
    """Whether somebody alive on `today` may have been born on `day`."""
    return date(today.year - 120, 1, 1) <= day <= today
