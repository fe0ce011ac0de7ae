"""What every write to the ledger checks before it touches a row (I22)."""

from typing import Any

from members import policies
from points.exceptions import InvalidPoints, InvalidText, PersonNamed
from points.policies import LIMIT

REFERENCE_LENGTH = 100
SOURCE_LENGTH = 32
ACTOR_LENGTH = 64


def points(value: Any, *, field: str = "points") -> int:
    """A whole number of points, 1 to 10^15; booleans, decimals and text are refused."""
    if type(value) is not int or not 1 <= value <= LIMIT:
        raise InvalidPoints(field=field, limit=LIMIT)
    return value


def text(value: Any, *, field: str, length: int) -> str:
    """Printable text of limited length: no NUL, no control characters, no lone surrogates."""
    if not isinstance(value, str) or not 1 <= len(value) <= length or not value.isprintable():
        raise InvalidText(field=field)
    return value


def note(*, reference: str, source: str, actor: str) -> None:
    text(reference, field="reference", length=REFERENCE_LENGTH)
    text(source, field="source", length=SOURCE_LENGTH)
    text(actor, field="actor", length=ACTOR_LENGTH)


def nameless(value: str, *, field: str) -> str:
    """A text that an entry will carry for ever, so that no erasure could take it back."""
    if policies.mask_phones_in(value) != value:
        raise PersonNamed(field=field)
    return value
