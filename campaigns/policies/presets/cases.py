"""The test vectors of a preset's file."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from campaigns.policies.occasions import FREIGHT, GOODS, PURCHASE, TRIGGERS, Person
from campaigns.policies.presets.content import Act, Buy, Line, Step, TakeBack, Vector
from campaigns.policies.presets.fields import Fields, json_value
from campaigns.policies.presets.malls import step_of
from campaigns.policies.presets.settings import settings_of

_NEVER = datetime(2000, 1, 1, tzinfo=UTC)


def vector_of(fields: Fields) -> Vector:
    """One case. With a single step, that step's fields stand in the case itself."""
    steps = [_step(Fields(row, *fields.inside(f"steps.{place}")))
             for place, row in enumerate(fields.rows("steps"))]  # fmt: skip
    if not steps and fields.has("at"):
        steps = [_step(fields, is_alone=True)]
    return Vector(
        title=fields.text("title", 120),
        title_en=fields.text("title_en", 160),
        steps=tuple(steps),
        person=_person(Fields(fields.table("who"), *fields.inside("who"))),
        earlier=_earlier(fields),
        variant=_variant(fields),
        mall=tuple(
            step_of(Fields(row, *fields.inside(f"mall.{place}")))
            for place, row in enumerate(fields.rows("mall"))
        ),
        need=fields.optional("need"),
        case=json_value(fields.table("case")),
    )


def _earlier(fields: Fields) -> tuple[datetime, ...]:
    days = fields.raw("earlier") or []
    if not isinstance(days, list):
        fields.wrong("earlier", "value_invalid")
        return ()
    one = [Fields({"earlier": day}, *fields.inside("")) for day in days]
    return tuple(filter(None, (each.moment("earlier") for each in one)))


def _variant(fields: Fields) -> Mapping[str, Any]:
    inner = Fields(fields.table("variant"), *fields.inside("variant"))
    found = settings_of(inner)
    inner.done()
    return found


def _person(fields: Fields) -> Person:
    person = Person(
        joined_on=fields.day("joined") if fields.has("joined") else None,
        birthday=fields.day("birthday") if fields.has("birthday") else None,
        tier=fields.optional("tier"),
        segments=frozenset(fields.texts("segments")),
        tags=frozenset(fields.texts("tags")),
    )
    fields.done()
    return person


def _step(fields: Fields, *, is_alone: bool = False) -> Step:
    at = fields.moment("at") or _NEVER
    whats = [name for name in ("buy", "do", "take_back") if fields.has(name)]
    if len(whats) != 1:
        fields.wrong("buy", "value_missing")
    step = Step(
        at=at,
        what=_what(fields, whats[0] if whats else "buy"),
        points=_points(fields),
        label=fields.optional("label"),
        gave=_gave(fields),
        lots=_lots(fields),
    )
    if not is_alone:
        fields.done()
    return step


def _what(fields: Fields, name: str) -> Buy | Act | TakeBack:
    if name == "do":
        return _act(fields)
    return _taken(fields) if name == "take_back" else _buy(fields)


def _points(fields: Fields) -> tuple[int, ...]:
    value = fields.raw("points")
    found = value if isinstance(value, list) else [value]
    if not found or any(type(number) is not int for number in found):
        fields.wrong("points", "value_missing" if value is None else "number_invalid")
        return (0,)
    return tuple(found)


def _gave(fields: Fields) -> Mapping[str, int] | None:
    if not fields.has("gave"):
        return None
    table = Fields(fields.table("gave"), *fields.inside("gave"))
    return {name: table.whole(name) for name in fields.table("gave")}


def _lots(fields: Fields) -> tuple[Mapping[str, Any], ...] | None:
    """What is said of the lots; a step's own `last_day` and `usable_at` are of its only one."""
    if fields.has("lots"):
        return tuple(
            _lot(Fields(row, *fields.inside(f"lots.{place}")), is_whole=True)
            for place, row in enumerate(fields.rows("lots"))
        )
    told = _lot(fields, is_whole=False)
    return (told,) if told else None


def _lot(fields: Fields, *, is_whole: bool) -> Mapping[str, Any]:
    told: dict[str, Any] = {}
    if is_whole:
        told["points"] = fields.whole("points")
    if fields.has("last_day"):
        told["last_day"] = None if fields.raw("last_day") == "never" else fields.day("last_day")
    if fields.has("usable_at"):
        is_at_once = fields.raw("usable_at") == "at_once"
        told["usable_at"] = None if is_at_once else fields.moment("usable_at")
    if is_whole:
        fields.done()
    return told


def _buy(fields: Fields) -> Buy:
    value = fields.raw("buy")
    rows = value if isinstance(value, list) else [{"amount": value}]
    if not all(isinstance(row, Mapping) for row in rows):
        fields.wrong("buy", "value_invalid")
        rows = []
    lines = [_line(Fields(row, *fields.inside(f"buy.{n}"))) for n, row in enumerate(rows)]
    done = fields.moment("completed_at") if fields.has("completed_at") else None
    return Buy(
        lines=tuple(lines),
        store=fields.optional("store"),
        channel=fields.optional("channel"),
        business=fields.optional("business"),
        coupon=fields.yuan("coupon"),
        by_points=fields.yuan("by_points"),
        completed_at=done,
    )


def _line(fields: Fields) -> Line:
    line = Line(
        amount=fields.yuan("amount"),
        quantity=fields.decimal("quantity") if fields.has("quantity") else Decimal(1),
        kind=fields.optional("kind") or GOODS,
        sku=fields.optional("sku"),
        category=fields.texts("category"),
        brand=fields.optional("brand"),
        labels=frozenset(fields.texts("labels")),
    )
    if not fields.has("amount"):
        fields.wrong("amount", "value_missing")
    if line.kind not in (GOODS, FREIGHT) or line.quantity <= 0:
        fields.wrong("kind", "value_invalid")
    fields.done()
    return line


def _act(fields: Fields) -> Act:
    trigger = fields.text("do")
    if trigger not in TRIGGERS or trigger in (PURCHASE, "first_order"):
        fields.wrong("do", "value_invalid")
    attributes = fields.table("attributes")
    if not all(isinstance(value, str) for value in attributes.values()):
        fields.wrong("attributes", "value_invalid")
    return Act(
        trigger=trigger,
        code=fields.optional("code"),
        attributes=dict(attributes),
        quantity=fields.decimal("quantity") if fields.has("quantity") else Decimal(1),
        amount=fields.yuan("amount"),
    )


def _taken(fields: Fields) -> TakeBack:
    lines = fields.table("lines")
    inner = Fields(lines, *fields.inside("lines"))
    if not all(name.isascii() and name.isdigit() for name in lines):
        fields.wrong("lines", "value_invalid")
        return TakeBack(fields.text("take_back"))
    quantities = {int(name): inner.decimal(name) for name in lines}
    return TakeBack(of=fields.text("take_back"), quantities=quantities)
