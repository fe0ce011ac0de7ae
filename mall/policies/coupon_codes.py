"""The codes of coupons as people read and type them, and what a coupon is at a moment.

Sixteen signs of Crockford's base 32: 80 bits, and no sign that is mistaken for another.
"""

from collections.abc import Callable
from enum import StrEnum
from unicodedata import normalize

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 16
TYPED_MAX = 64
_GROUP = 4
_LOOKALIKES = str.maketrans({"O": "0", "I": "1", "L": "1"})


class Status(StrEnum):
    """What a coupon is at a moment, time and all."""

    WAITING = "waiting"
    OPEN = "open"
    LOCKED = "locked"
    USED = "used"
    EXPIRED = "expired"
    VOID = "void"


class OrderState(StrEnum):
    """What became of the coupons of an order."""

    LOCKED = "locked"
    USED = "used"
    RELEASED = "released"


def made(below: Callable[[int], int]) -> str:
    """A new code; `below(n)` gives a random whole number below n (`secrets.randbelow`)."""
    return "".join(ALPHABET[below(len(ALPHABET))] for _sign in range(LENGTH))


def folded(typed: str) -> str:
    """A coupon's code as it is kept: without spaces and dashes, in capitals, look-alikes put
    right. Empty when it cannot be one."""
    plain = public(typed).translate(_LOOKALIKES)
    is_code = len(plain) == LENGTH and all(sign in ALPHABET for sign in plain)
    return plain if is_code else ""


def public(typed: str) -> str:
    """A code that a merchant made up, as it is compared: letters and digits in capitals, those
    of full width included."""
    kept = normalize("NFKC", typed[:TYPED_MAX]).upper()
    return "".join(sign for sign in kept if sign.isascii() and sign.isalnum())


def grouped(code: str) -> str:
    """`code` in groups of four, as people read it out."""
    return "-".join(code[at : at + _GROUP] for at in range(0, len(code), _GROUP))


def masked(code: str) -> str:
    """The end of a code, enough to tell coupons apart and too little to use one."""
    return f"····{code[-_GROUP:]}"
