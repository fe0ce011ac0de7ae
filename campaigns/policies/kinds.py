"""The closed vocabulary of conditions, kind by kind.

Each kind says what it checks, which facts it needs, what is wrong with its parameters, and what an
occasion had instead. A condition on goods picks lines, one on sums is measured over the picked
lines, the others look at the occasion as a whole.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from campaigns.policies import moments
from campaigns.policies.numbers import plain, scaled, unscaled
from campaigns.policies.occasions import Line, Occasion
from campaigns.policies.periods import PERIODS, is_birthday
from campaigns.policies.problems import Params, Problem

Level = Literal["occasion", "line", "sum"]
SPANS = ("day", "week", "month")
MAX_VALUES = 500
_TEXT_LENGTH = 64
# Article numbers come as long as tills make them.
_MAX_DAYS = 3660
_MAX_COUNT = 1_000_000


@dataclass(frozen=True, slots=True)
class Kind:
    """`check` compiles the parameters; `problems` are told before; `needs` names the facts."""

    name: str
    level: Level
    needs: Callable[[Params], Iterable[str]]
    problems: Callable[[Params], Iterator[Problem]]
    check: Callable[[Params, str], Callable[..., bool]]
    actual: Callable[[Occasion], Any]
    names: tuple[str, ...] = ("in",)


# --- texts: one of these ---------------------------------------------------------------------


def _text_problems(params: Params) -> Iterator[Problem]:
    values = params.get("in")
    if not isinstance(values, list) or not values:
        yield Problem("in", "value_missing")
        return
    if len(values) > MAX_VALUES:
        yield Problem("in", "too_many_values", (("limit", MAX_VALUES),))
    if any(not isinstance(v, str) or not 0 < len(v) <= _TEXT_LENGTH for v in values):
        yield Problem("in", "value_invalid")


def _texts(name: str, of: Callable[[Occasion], str], need: str) -> Kind:
    def check(params: Params, _leap_day: str) -> Callable[[Occasion], bool]:
        wanted = frozenset(params["in"])
        return lambda occasion: of(occasion) in wanted

    return Kind(name, "occasion", lambda _: [need], _text_problems, check, of)


def _sets(name: str, of: Callable[[Occasion], frozenset[str]], need: str) -> Kind:
    def check(params: Params, _leap_day: str) -> Callable[[Occasion], bool]:
        wanted = frozenset(params["in"])
        return lambda occasion: not wanted.isdisjoint(of(occasion))

    return Kind(name, "occasion", lambda _: [need], _text_problems, check, lambda o: sorted(of(o)))


def _goods(name: str, holds: Callable[[Line, frozenset[str]], bool], need: str) -> Kind:
    def check(params: Params, _leap_day: str) -> Callable[[Line], bool]:
        wanted = frozenset(params["in"])
        return lambda line: holds(line, wanted)

    def actual(occasion: Occasion) -> list[str]:
        found: set[str] = set()
        for line in occasion.lines:
            value = getattr(line, need)
            found.update([value] if isinstance(value, str) else value)
        return sorted(found - {""})[:20]

    return Kind(name, "line", lambda _: [need], _text_problems, check, actual)


# --- figures: from … to ----------------------------------------------------------------------


def decimal_of(value: Any) -> Decimal | None:
    """A number written as text or whole number; None when it is neither, or a float."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return None
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    if not number.is_finite() or abs(number) >= Decimal(10) ** 12:
        return None
    return number


def _range_problems(places: int) -> Callable[[Params], Iterator[Problem]]:
    def problems(params: Params) -> Iterator[Problem]:
        if params.get("from") in (None, "") and params.get("to") in (None, ""):
            yield Problem("from", "value_missing")
        bounds = {}
        for name in ("from", "to"):
            if params.get(name) in (None, ""):
                continue
            number = decimal_of(params[name])
            if number is None or number < 0:
                yield Problem(name, "number_invalid")
            elif number != round(number, places):
                yield Problem(name, "too_many_decimals", (("limit", places),))
            else:
                bounds[name] = number
        if len(bounds) == 2 and bounds["from"] >= bounds["to"]:
            yield Problem("to", "range_empty")

    return problems


def _sum_check(params: Params, _leap_day: str, *, of_amount: bool) -> Callable[..., bool]:
    bounds = [
        decimal_of(params[name]) if params.get(name) not in (None, "") else None
        for name in ("from", "to")
    ]
    low, high = [
        None if bound is None else scaled(bound) if of_amount else bound for bound in bounds
    ]

    def holds(amount: int, quantity: Decimal) -> bool:
        value = amount if of_amount else quantity
        return (low is None or value >= low) and (high is None or value < high)

    return holds


# --- people ----------------------------------------------------------------------------------


def _span_problems(params: Params) -> Iterator[Problem]:
    if params.get("span") not in SPANS:
        yield Problem("span", "value_invalid")


def _birthday(params: Params, leap_day: str) -> Callable[[Occasion], bool]:
    span = params["span"]

    def holds(occasion: Occasion) -> bool:
        birthday = occasion.person.birthday
        if birthday is None:
            return False
        return is_birthday(span, occasion.at.date(), birthday, leap_day)

    return holds


def _whole_problem(params: Params, name: str, low: int, high: int) -> Iterator[Problem]:
    value = params.get(name)
    if type(value) is not int or not low <= value <= high:
        yield Problem(name, "number_out_of_range", (("low", low), ("high", high)))


def _nth_problems(params: Params) -> Iterator[Problem]:
    if params.get("period") not in PERIODS:
        yield Problem("period", "value_invalid")
    yield from _whole_problem(params, "from", 1, _MAX_COUNT)
    for name in ("to", "every"):
        if params.get(name) is not None:
            yield from _whole_problem(params, name, 1, _MAX_COUNT)
    first, last = params.get("from"), params.get("to")
    if type(first) is int and type(last) is int and last < first:
        yield Problem("to", "range_empty")


def _nth(params: Params, _leap_day: str) -> Callable[[Occasion], bool]:
    period, first = params["period"], params["from"]
    last, every = params.get("to"), params.get("every")

    def holds(occasion: Occasion) -> bool:
        number = occasion.purchases.get(period, 0) + 1
        if number < first or (last is not None and number > last):
            return False
        return every is None or (number - first) % every == 0

    return holds


def _new_member(params: Params, _leap_day: str) -> Callable[[Occasion], bool]:
    days = params["days"]

    def holds(occasion: Occasion) -> bool:
        joined = occasion.person.joined_on
        return joined is not None and 0 <= (occasion.at.date() - joined).days < days

    return holds


# --- the merchant's own events ---------------------------------------------------------------


def _attribute_problems(params: Params) -> Iterator[Problem]:
    name = params.get("name")
    if not isinstance(name, str) or not 0 < len(name) <= _TEXT_LENGTH:
        yield Problem("name", "value_missing")
    yield from _text_problems(params)


def _attribute(params: Params, _leap_day: str) -> Callable[[Occasion], bool]:
    name, wanted = params["name"], frozenset(params["in"])
    return lambda occasion: occasion.attributes.get(name) in wanted


def _plainly(need: str) -> Callable[[Params], Iterable[str]]:
    return lambda _params: [need]


def _nothing(_params: Params) -> Iterable[str]:
    return ()


def _all_lines(occasion: Occasion) -> tuple[int, Decimal]:
    amounts = sum(line.amount for line in occasion.lines)
    return amounts, sum((line.quantity for line in occasion.lines), Decimal(0))


def _days_since_joining(occasion: Occasion) -> int | None:
    joined = occasion.person.joined_on
    return None if joined is None else (occasion.at.date() - joined).days


def _birthday_of(occasion: Occasion) -> str:
    birthday = occasion.person.birthday
    return f"{birthday:%m-%d}" if birthday else ""


_RANGE = ("from", "to")

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        _texts("tier", lambda o: o.person.tier, "tier"),
        _sets("segment", lambda o: o.person.segments, "segments"),
        _sets("tag", lambda o: o.person.tags, "tags"),
        Kind(
            "new_member",
            "occasion",
            _plainly("joined"),
            lambda p: _whole_problem(p, "days", 1, _MAX_DAYS),
            _new_member,
            _days_since_joining,
            ("days",),
        ),
        Kind(
            "birthday",
            "occasion",
            _plainly("birthday"),
            _span_problems,
            _birthday,
            _birthday_of,
            ("span",),
        ),
        Kind(
            "nth_purchase",
            "occasion",
            lambda p: [f"purchases:{p['period']}"],
            _nth_problems,
            _nth,
            lambda o: {period: n + 1 for period, n in o.purchases.items()},
            ("period", "from", "to", "every"),
        ),
        _texts("store", lambda o: o.store, "store"),
        _texts("channel", lambda o: o.channel, "channel"),
        _texts("business", lambda o: o.business, "business"),
        _goods("category", lambda n, w: not w.isdisjoint(n.category), "category"),
        _goods("sku", lambda n, w: n.sku in w, "sku"),
        _goods("brand", lambda n, w: n.brand in w, "brand"),
        _goods("label", lambda n, w: not w.isdisjoint(n.labels), "labels"),
        Kind(
            "amount",
            "sum",
            _nothing,
            _range_problems(2),
            lambda p, leap: _sum_check(p, leap, of_amount=True),
            lambda o: unscaled(_all_lines(o)[0]),
            _RANGE,
        ),
        Kind(
            "quantity",
            "sum",
            _plainly("quantity"),
            _range_problems(3),
            lambda p, leap: _sum_check(p, leap, of_amount=False),
            lambda o: plain(_all_lines(o)[1]),
            _RANGE,
        ),
        Kind(
            "dates",
            "occasion",
            _nothing,
            moments.date_problems,
            moments.dates,
            lambda o: o.at.date().isoformat(),
            _RANGE,
        ),
        Kind(
            "season",
            "occasion",
            _nothing,
            moments.season_problems,
            moments.season,
            lambda o: f"{o.at:%m-%d}",
            _RANGE,
        ),
        Kind(
            "weekday",
            "occasion",
            _nothing,
            moments.number_problems(1, 7),
            moments.weekday,
            lambda o: o.at.isoweekday(),
        ),
        Kind(
            "day_of_month",
            "occasion",
            _nothing,
            moments.number_problems(-3, 31),
            moments.day_of_month,
            lambda o: o.at.day,
        ),
        Kind(
            "hours",
            "occasion",
            _nothing,
            moments.hour_problems,
            moments.hours,
            lambda o: f"{o.at:%H:%M}",
            _RANGE,
        ),
        Kind(
            "attribute",
            "occasion",
            _plainly("attributes"),
            _attribute_problems,
            _attribute,
            lambda o: dict(o.attributes),
            ("name", "in"),
        ),
    )
}
