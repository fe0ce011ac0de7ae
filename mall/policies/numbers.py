"""Order numbers and the codes with which orders are handed over. Pure.

An order number is the day and ten digits of chance: it tells nobody how many orders there are.
The code for handing over is the number and eight digits that are right for half a minute only,
so that a photograph of the screen is soon worth nothing; digits only, for every scanner.
"""

import hashlib
import hmac
import re
from datetime import date, datetime, timedelta

NUMBER_DIGITS = 16
PROOF_DIGITS = 8
CODE_DIGITS = NUMBER_DIGITS + PROOF_DIGITS
WINDOW = timedelta(seconds=30)
_CHANCE = 10**10
_NUMBER = re.compile(r"[0-9]{16}")
_CODE = re.compile(r"[0-9]{24}")


def order_number(day: date, chance: int) -> str:
    """The number of an order of that day; `chance` is a number below ten thousand million."""
    return f"{day:%y%m%d}{chance % _CHANCE:010d}"


def is_number(text: str) -> bool:
    return _NUMBER.fullmatch(text) is not None


def hand_over_code(number: str, *, key: bytes, at: datetime) -> str:
    """The code of order `number` at `at`, proved with the house's secret `key`."""
    return number + _proof(number, key, _window(at))


def number_in(code: str, *, key: bytes, at: datetime) -> str | None:
    """The order of a code that counts at `at`, or None.

    It counts in its own half-minute and in the one after; one ahead counts for clocks that
    differ. Every candidate is compared, so the time taken tells nothing.
    """
    if _CODE.fullmatch(code) is None:
        return None
    number, proof = code[:NUMBER_DIGITS], code[NUMBER_DIGITS:]
    now = _window(at)
    right = [hmac.compare_digest(proof, _proof(number, key, now + step)) for step in (0, -1, 1)]
    return number if any(right) else None


def seconds_left(at: datetime) -> int:
    """How long a code shown at `at` stays the newest, in whole seconds, at least one."""
    window = int(WINDOW.total_seconds())
    return window - int(at.timestamp()) % window


def _window(at: datetime) -> int:
    return int(at.timestamp()) // int(WINDOW.total_seconds())


def _proof(number: str, key: bytes, window: int) -> str:
    digest = hmac.new(key, f"redemption:{number}:{window}".encode(), hashlib.sha256).digest()
    return f"{int.from_bytes(digest[:8]) % 10**PROOF_DIGITS:0{PROOF_DIGITS}d}"
