"""What rules are asked about: a purchase or another act of a member, as plain facts.

An occasion can be written as JSON and read back. Only those facts are written that the program's
rules look at, so that the explanation of an ordinary receipt stays short.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from campaigns.policies.numbers import plain, scaled, unscaled

PURCHASE = "purchase"
# What is not a purchase is told by its own name; the last one by the merchant's own code.
TRIGGERS = (
    PURCHASE,
    "first_order",
    "registration",
    "profile",
    "birthday",
    "referral",
    "review",
    "check_in",
    "share",
    "questionnaire",
    "quiz",
    "vote",
    "event",
    "custom",
)
GOODS, FREIGHT = "goods", "freight"

_ONE = Decimal(1)


class Line(NamedTuple):
    """A line of a purchase. `amount` is in ten-thousandths of a yuan, as it was charged.

    `category` is the path of codes from the root of the tree to the goods' own category.
    """

    line_no: int
    amount: int
    quantity: Decimal = _ONE
    is_priced: bool = True
    kind: str = GOODS
    sku: str = ""
    category: tuple[str, ...] = ()
    brand: str = ""
    labels: frozenset[str] = frozenset()


class Person(NamedTuple):
    """What rules may know of the member at the moment of judging."""

    joined_on: date | None = None
    birthday: date | None = None
    tier: str = ""
    segments: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()


NOBODY = Person()


@dataclass(frozen=True, slots=True)
class Occasion:
    """One purchase or act. `at` and `completed_at` are aware and in the store's time zone.

    `purchases` holds, for a period, how many purchases the member made before this one in it.
    `paid_by_coupon` and `paid_by_points` are ten-thousandths of a yuan of the lines' total.
    """

    trigger: str
    at: datetime
    lines: Sequence[Line]
    currency: str = "CNY"
    store: str = ""
    channel: str = ""
    business: str = ""
    code: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    person: Person = NOBODY
    paid_by_coupon: int = 0
    paid_by_points: int = 0
    completed_at: datetime | None = None
    purchases: Mapping[str, int] = field(default_factory=dict)
    points_per_yuan: int = 100


# Any year with a 29 February.
_LEAP_YEAR = 2000
_LINE_NEEDS = frozenset({"quantity", "sku", "category", "brand", "labels"})


def to_json(
    occasion: Occasion, needs: frozenset[str], groups: frozenset[str] = frozenset()
) -> dict[str, Any]:
    """The facts of `occasion` that `needs` names, with what is always kept.

    Of the member's tags and segments only those among `groups`, which some rule asks for.
    """
    data: dict[str, Any] = {
        "at": occasion.at.isoformat(),
        "zone": str(occasion.at.tzinfo),
        "lines": _lines(occasion, needs),
    }
    for name in ("store", "channel", "business", "code"):
        if name in needs and getattr(occasion, name):
            data[name] = getattr(occasion, name)
    if "attributes" in needs and occasion.attributes:
        data["attributes"] = dict(sorted(occasion.attributes.items()))
    if person := _person(occasion.person, needs, groups):
        data["person"] = person
    for name in ("paid_by_coupon", "paid_by_points"):
        if getattr(occasion, name):
            data[name] = unscaled(getattr(occasion, name))
    if occasion.completed_at is not None:
        data["completed_at"] = occasion.completed_at.isoformat()
    purchases = {p: n for p, n in sorted(occasion.purchases.items()) if f"purchases:{p}" in needs}
    if purchases:
        data["purchases"] = purchases
    if "points_per_yuan" in needs:
        data["points_per_yuan"] = occasion.points_per_yuan
    return data


def from_json(trigger: str, currency: str, data: Mapping[str, Any]) -> Occasion:
    """The occasion that `to_json` wrote."""
    zone = ZoneInfo(data["zone"])
    completed = data.get("completed_at")
    return Occasion(
        trigger=trigger,
        at=datetime.fromisoformat(data["at"]).astimezone(zone),
        lines=[_line(row) for row in data["lines"]],
        currency=currency,
        store=data.get("store", ""),
        channel=data.get("channel", ""),
        business=data.get("business", ""),
        code=data.get("code", ""),
        attributes=data.get("attributes", {}),
        person=_person_of(data.get("person", {})),
        paid_by_coupon=scaled(Decimal(data.get("paid_by_coupon", "0"))),
        paid_by_points=scaled(Decimal(data.get("paid_by_points", "0"))),
        completed_at=datetime.fromisoformat(completed).astimezone(zone) if completed else None,
        purchases=data.get("purchases", {}),
        points_per_yuan=data.get("points_per_yuan", 100),
    )


def _lines(occasion: Occasion, needs: frozenset[str]) -> list[list[Any]]:
    wanted = needs & _LINE_NEEDS
    rows: list[list[Any]] = []
    for line in occasion.lines:
        row: list[Any] = [line.line_no, unscaled(line.amount)]
        is_special = wanted or not line.is_priced or line.kind != GOODS
        if is_special and (more := _line_facts(line, wanted)):
            row.append(more)
        rows.append(row)
    return rows


def _line_facts(line: Line, wanted: frozenset[str]) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    if not line.is_priced:
        facts["free"] = True
    if line.kind != GOODS:
        facts["kind"] = line.kind
    if "quantity" in wanted and line.quantity != _ONE:
        facts["quantity"] = plain(line.quantity)
    if "sku" in wanted:
        facts["sku"] = line.sku
    if "category" in wanted and line.category:
        facts["category"] = list(line.category)
    if "brand" in wanted and line.brand:
        facts["brand"] = line.brand
    if "labels" in wanted and line.labels:
        facts["labels"] = sorted(line.labels)
    return facts


def _line(row: Sequence[Any]) -> Line:
    facts: Mapping[str, Any] = row[2] if len(row) > 2 else {}
    return Line(
        line_no=row[0],
        amount=scaled(Decimal(row[1])),
        quantity=Decimal(facts.get("quantity", "1")),
        is_priced=not facts.get("free", False),
        kind=facts.get("kind", GOODS),
        sku=facts.get("sku", ""),
        category=tuple(facts.get("category", ())),
        brand=facts.get("brand", ""),
        labels=frozenset(facts.get("labels", ())),
    )


def _person(person: Person, needs: frozenset[str], groups: frozenset[str]) -> dict[str, Any]:
    data: dict[str, Any] = {}
    if "joined" in needs and person.joined_on:
        data["joined_on"] = person.joined_on.isoformat()
    if "birthday" in needs and person.birthday:
        # Entries can never be erased, so they keep no more of a person than rules look at: a
        # birthday without its year.
        data["birthday"] = f"{person.birthday:%m-%d}"
    if "tier" in needs and person.tier:
        data["tier"] = person.tier
    for name in ("segments", "tags"):
        if name in needs and (asked := getattr(person, name) & groups):
            data[name] = sorted(asked)
    return data


def _person_of(data: Mapping[str, Any]) -> Person:
    return Person(
        joined_on=_day(data.get("joined_on")),
        birthday=_day(f"{_LEAP_YEAR}-{data['birthday']}") if "birthday" in data else None,
        tier=data.get("tier", ""),
        segments=frozenset(data.get("segments", ())),
        tags=frozenset(data.get("tags", ())),
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
