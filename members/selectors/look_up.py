"""The till asks who stands before it, and is told all that it needs in one query."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.db.models.expressions import BaseExpression, Combinable
from django.utils.crypto import salted_hmac

from members import policies
from members.models import Member
from members.policies import codes
from members.selectors.people import standing

Annotations = Mapping[str, BaseExpression | Combinable]


@dataclass(frozen=True, slots=True)
class Panel:
    """What an app above adds to the till's picture of a member.

    `columns` are read in the same query as the member, each under a name of the app's own;
    `shown` makes the panel's content of the row. So the picture grows without a further query.
    """

    name: str
    columns: Callable[[datetime], Annotations]
    shown: Callable[[Any, datetime], Any]


_PANELS: dict[str, Panel] = {}


def register(panel: Panel) -> None:
    """Add an app's panel; called once, when the app is loaded."""
    _PANELS[panel.name] = panel


@dataclass(frozen=True, slots=True)
class Found:
    """A member as a till sees one, with the panels of the apps above by their names."""

    member: Member
    panels: Mapping[str, Any] = field(default_factory=dict)


def code_key() -> bytes:
    """The secret that proves member codes; it changes with the house's own secret."""
    return salted_hmac("members.member_code", b"", algorithm="sha256").digest()


def member_code(member: Member, at: datetime) -> str:
    """The digits that this member's phone shows at `at`."""
    return codes.member_code(member.number, key=code_key(), at=at)


def look_up(kind: str, value: str, *, at: datetime) -> Found | None:
    """The member with this `number`, `external` number, `phone` or shown `code`. One query.

    The number of a member who was merged leads to the one who is left; an erased one is nobody.
    A code that has aged is nobody's either: ask `is_stale_code` for the sentence to say.
    """
    matches = _matches(kind, value, at=at)
    if matches is None:
        return None
    columns: dict[str, Any] = {}
    for panel in _PANELS.values():
        columns |= panel.columns(at)
    member = standing(matches).select_related("home_store").annotate(**columns).first()
    if member is None:
        return None
    return Found(member, {name: panel.shown(member, at) for name, panel in _PANELS.items()})


def is_stale_code(value: str, *, at: datetime) -> bool:
    """Whether `value` looks like a member code but does not count at `at`."""
    digits = policies.fold_digits(value)
    return (
        len(digits) == codes.CODE_DIGITS
        and policies.is_member_number(digits[: policies.MEMBER_NUMBER_DIGITS])
        and codes.number_in(digits, key=code_key(), at=at) is None
    )


def _matches(kind: str, value: str, *, at: datetime) -> Q | None:
    text = value.strip()
    digits = policies.fold_digits(text)
    if kind == "phone":
        phone = policies.normalise_phone(text)
        return Q(phone=phone) if phone else None
    if kind == "code":
        number = codes.number_in(digits, key=code_key(), at=at)
        return Q(number=number) if number else None
    return Q(number=digits) if kind == "number" else Q(external_number=text)
