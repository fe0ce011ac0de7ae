"""An act as it is reported: what is accepted, and what makes it the same one."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from campaigns.policies.conditions import Problem
from campaigns.policies.numbers import plain
from campaigns.policies.occasions import TRIGGERS

# Purchases come as receipts; what else happened is an event.
EVENT_TRIGGERS = TRIGGERS[2:]
# The product itself notes these, once each; told from outside they would count again.
NOTED_HERE = frozenset({"registration", "birthday", "profile"})
REPORTABLE = tuple(trigger for trigger in EVENT_TRIGGERS if trigger not in NOTED_HERE)
CLOCK_TOLERANCE = timedelta(days=1)
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_MAX_ATTRIBUTES = 20
_TEXT_LENGTH = 64
_MAX_QUANTITY = Decimal("999999.999")
_MAX_AMOUNT = Decimal("99999999999.9999")


@dataclass(frozen=True, slots=True)
class EventInput:
    """One act of a member. `amount` is in yuan; `quantity` counts what was done."""

    external_id: str
    trigger: str
    member_id: int
    occurred_at: datetime
    code: str = ""
    quantity: Decimal = Decimal(1)
    amount: Decimal = Decimal(0)
    attributes: Mapping[str, str] = field(default_factory=dict)


def faults(event: EventInput, *, now: datetime) -> Iterator[Problem]:
    """Everything about a reported `event` that cannot be accepted, by the names of its fields."""
    if not _is_text(event.external_id) or event.external_id != event.external_id.strip():
        yield Problem("external_id", "value_invalid")
    if event.trigger not in REPORTABLE:
        yield Problem("trigger", "value_invalid")
    if event.trigger in ("custom", "event") and not event.code:
        yield Problem("code", "value_missing")
    if event.code and not _is_text(event.code):
        yield Problem("code", "value_invalid")
    if not EARLIEST <= event.occurred_at <= now + CLOCK_TOLERANCE:
        yield Problem("occurred_at", "date_invalid")
    if not _fits(event.quantity, _MAX_QUANTITY, 3) or event.quantity <= 0:
        yield Problem("quantity", "number_invalid")
    if not _fits(event.amount, _MAX_AMOUNT, 4) or event.amount < 0:
        yield Problem("amount", "number_invalid")
    yield from _attribute_faults(event.attributes)


def fingerprint(event: EventInput) -> str:
    """Equal for equal content, whatever the notation of its numbers and times."""
    content = [
        event.trigger,
        event.member_id,
        event.occurred_at.astimezone(UTC).isoformat(),
        event.code,
        plain(event.quantity),
        plain(event.amount),
        dict(event.attributes),
    ]
    text = json.dumps(content, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _attribute_faults(attributes: Mapping[str, Any]) -> Iterator[Problem]:
    if len(attributes) > _MAX_ATTRIBUTES:
        yield Problem("attributes", "too_many_values", (("limit", _MAX_ATTRIBUTES),))
    for name, value in attributes.items():
        if not _is_text(name) or not _is_text(value):
            yield Problem("attributes", "value_invalid")
            return


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _TEXT_LENGTH and value.isprintable()


def _fits(number: Decimal, most: Decimal, places: int) -> bool:
    return number.is_finite() and abs(number) <= most and number == round(number, places)
