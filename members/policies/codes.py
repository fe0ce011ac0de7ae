"""The member code that a till scans: digits that are right for half a minute. No Django.

Twelve digits of the member number and eight that depend on the moment, so that a photograph of
the screen is soon worth nothing. Digits only, and an even number of them: a bar code of twenty
digits fits on the narrowest phone, and every scanner types them like a keyboard.
"""

import hashlib
import hmac
from datetime import datetime, timedelta

from members.policies.people import MEMBER_NUMBER_DIGITS, is_member_number

WINDOW = timedelta(seconds=30)
_PROOF_DIGITS = 8
CODE_DIGITS = MEMBER_NUMBER_DIGITS + _PROOF_DIGITS


def member_code(number: str, *, key: bytes, at: datetime) -> str:
    """The code of member `number` at `at`, proved with the house's secret `key`."""
    return number + _proof(number, key=key, window=_window(at))


def number_in(code: str, *, key: bytes, at: datetime) -> str | None:
    """The member number of a code that counts at `at`, or None.

    A code counts in its own window and in the one after, so between thirty and sixty seconds;
    one window ahead counts as well, for a phone and a server whose clocks differ.
    """
    if len(code) != CODE_DIGITS or not is_member_number(code[:MEMBER_NUMBER_DIGITS]):
        return None
    number, proof = code[:MEMBER_NUMBER_DIGITS], code[MEMBER_NUMBER_DIGITS:]
    if not (proof.isascii() and proof.isdigit()):
        return None
    now = _window(at)
    proofs = [_proof(number, key=key, window=now + ahead) for ahead in (0, -1, 1)]
    # Every candidate is compared: the time taken does not tell which one was right.
    is_right = [hmac.compare_digest(proof, candidate) for candidate in proofs]
    return number if any(is_right) else None


def seconds_left(at: datetime) -> int:
    """How long a code shown at `at` stays the newest one, in whole seconds, at least one."""
    window = int(WINDOW.total_seconds())
    return window - int(at.timestamp()) % window


def _window(at: datetime) -> int:
    return int(at.timestamp()) // int(WINDOW.total_seconds())


def _proof(number: str, *, key: bytes, window: int) -> str:
    digest = hmac.new(key, f"{number}:{window}".encode(), hashlib.sha256).digest()
    return f"{int.from_bytes(digest[:8]) % 10**_PROOF_DIGITS:0{_PROOF_DIGITS}d}"
