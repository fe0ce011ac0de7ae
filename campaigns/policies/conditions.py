"""When a rule applies: a closed vocabulary of conditions, kept as data.

A rule's conditions must all hold; the values inside of one are alternatives; `"not": true` turns
one round. Each kind says what it checks, which facts it needs, and what is wrong with it; a
condition on goods picks lines, one on sums is measured over the picked lines.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from campaigns.policies.numbers import plain, scaled, unscaled
from campaigns.policies.occasions import Line, Occasion
from campaigns.policies.periods import PERIODS, is_birthday

Level = Literal["occasion", "line", "sum"]
Params = Mapping[str, Any]
SPANS = ("day", "week", "month")
MAX_VALUES = 500
_TEXT_LENGTH = 64
# Article numbers come as long as tills make them.
_MAX_DAYS = 3660
_MAX_COUNT = 1_000_000


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a rule or program: the field, a code, and figures for the sentence."""

    field: str
    code: str
    params: tuple[tuple[str, Any], ...] = ()


class Broken(ValueError):
    """A condition or rule that cannot be evaluated."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A compiled condition. Exactly one of the three checks is set, by its level."""

    kind: str
    params: Params
    level: Level
    negated: bool
    occasion: Callable[[Occasion], bool] | None = None
    line: Callable[[Line], bool] | None = None
    sums: Callable[[int, Decimal], bool] | None = None


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


# --- time ------------------------------------------------------------------------------------


def _day_problems(params: Params) -> Iterator[Problem]:
    days = {}
    for name in ("from", "to"):
        try:
            days[name] = date.fromisoformat(str(params.get(name)))
        except ValueError:
            yield Problem(name, "date_invalid")
    if len(days) == 2 and days["from"] > days["to"]:
        yield Problem("to", "range_empty")


def _dates(params: Params, _leap_day: str) -> Callable[[Occasion], bool]:
    first, last = (date.fromisoformat(params[name]) for name in ("from", "to"))
    return lambda occasion: first <= occasion.at.date() <= last


def _month_day(text: Any) -> tuple[int, int] | None:
    try:
        day = date.fromisoformat(f"2000-{text}")
    except ValueError:
        return None
    return (day.month, day.day)


def _season_problems(params: Params) -> Iterator[Problem]:
    for name in ("from", "to"):
        if _month_day(params.get(name)) is None:
            yield Problem(name, "date_invalid")


def _season(params: Params, _leap_day: str) -> Callable[[Occasion], bool]:
    first, last = _month_day(params["from"]), _month_day(params["to"])
    if first is None or last is None:
        raise Broken("season")

    def holds(occasion: Occasion) -> bool:
        today = (occasion.at.month, occasion.at.day)
        if first <= last:
            return first <= today <= last
        return today >= first or today <= last  # across the turn of the year

    return holds


def _numbers_problems(low: int, high: int) -> Callable[[Params], Iterator[Problem]]:
    def problems(params: Params) -> Iterator[Problem]:
        values = params.get("in")
        if not isinstance(values, list) or not values:
            yield Problem("in", "value_missing")
        elif any(type(v) is not int or not (low <= v <= high) or v == 0 for v in values):
            yield Problem("in", "value_invalid")

    return problems


def _weekday(params: Params, _leap_day: str) -> Callable[[Occasion], bool]:
    wanted = frozenset(params["in"])
    return lambda occasion: occasion.at.isoweekday() in wanted


def _day_of_month(params: Params, _leap_day: str) -> Callable[[Occasion], bool]:
    wanted = frozenset(params["in"])

    def holds(occasion: Occasion) -> bool:
        day = occasion.at.date()
        from_the_end = day.day - _days_in_month(day) - 1  # the last day is −1
        return day.day in wanted or from_the_end in wanted

    return holds


def _days_in_month(day: date) -> int:
    following = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    return (following - day.replace(day=1)).days


def _clock(text: Any) -> time | None:
    if text == "24:00":
        return time.max
    try:
        return time.fromisoformat(str(text))
    except ValueError:
        return None


def _hour_problems(params: Params) -> Iterator[Problem]:
    clocks = {name: _clock(params.get(name)) for name in ("from", "to")}
    yield from (Problem(name, "time_invalid") for name, clock in clocks.items() if clock is None)
    if None not in clocks.values() and clocks["from"] == clocks["to"]:
        yield Problem("to", "range_empty")


def _hours(params: Params, _leap_day: str) -> Callable[[Occasion], bool]:
    first, last = _clock(params["from"]), _clock(params["to"])
    if first is None or last is None:
        raise Broken("hours")

    def holds(occasion: Occasion) -> bool:
        now = occasion.at.time()
        if first < last:
            return first <= now < last or (last == time.max and now >= first)
        return now >= first or now < last  # across midnight

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
            _day_problems,
            _dates,
            lambda o: o.at.date().isoformat(),
            _RANGE,
        ),
        Kind(
            "season",
            "occasion",
            _nothing,
            _season_problems,
            _season,
            lambda o: f"{o.at:%m-%d}",
            _RANGE,
        ),
        Kind(
            "weekday",
            "occasion",
            _nothing,
            _numbers_problems(1, 7),
            _weekday,
            lambda o: o.at.isoweekday(),
        ),
        Kind(
            "day_of_month",
            "occasion",
            _nothing,
            _numbers_problems(-3, 31),
            _day_of_month,
            lambda o: o.at.day,
        ),
        Kind(
            "hours",
            "occasion",
            _nothing,
            _hour_problems,
            _hours,
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


def problems(conditions: Any) -> Iterator[Problem]:
    """What is wrong with a rule's list of conditions; the field is `conditions.<place>.<name>`."""
    if not isinstance(conditions, list):
        yield Problem("conditions", "value_invalid")
        return
    for place, item in enumerate(conditions):
        where = f"conditions.{place}"
        if not isinstance(item, Mapping) or item.get("kind") not in KINDS:
            yield Problem(where, "condition_unknown")
            continue
        kind = KINDS[item["kind"]]
        unknown = sorted(set(item) - {"kind", "not", *kind.names})
        yield from (Problem(f"{where}.{name}", "field_unknown") for name in unknown)
        if item.get("not", False) not in (True, False):
            yield Problem(f"{where}.not", "value_invalid")
        for problem in kind.problems(item):
            yield Problem(f"{where}.{problem.field}", problem.code, problem.params)


def compiled(conditions: Sequence[Params], leap_day: str) -> tuple[Condition, ...]:
    """The conditions ready to check. Raises `Broken` for one that cannot be evaluated."""
    for problem in problems(list(conditions)):
        raise Broken(f"{problem.field}: {problem.code}")
    made = []
    for params in conditions:
        kind = KINDS[params["kind"]]
        check = kind.check(params, leap_day)
        level_field = {"occasion": "occasion", "line": "line", "sum": "sums"}[kind.level]
        made.append(
            Condition(
                kind=kind.name,
                params=params,
                level=kind.level,
                negated=bool(params.get("not", False)),
                **{level_field: check},
            )
        )
    return tuple(made)


def needs_of(conditions: Iterable[Condition]) -> frozenset[str]:
    return frozenset(need for c in conditions for need in KINDS[c.kind].needs(c.params))
