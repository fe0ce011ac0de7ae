"""Conditions on time, by the clock of the store: dates, seasons, weekdays, hours."""

from collections.abc import Callable, Iterator
from datetime import date, time
from typing import Any

from campaigns.policies.occasions import Occasion
from campaigns.policies.problems import Broken, Params, Problem


def date_problems(params: Params) -> Iterator[Problem]:
    days = {}
    for name in ("from", "to"):
        try:
            days[name] = date.fromisoformat(str(params.get(name)))
        except ValueError:
            yield Problem(name, "date_invalid")
    if len(days) == 2 and days["from"] > days["to"]:
        yield Problem("to", "range_empty")


def dates(params: Params, _leap_day: str) -> Callable[[Occasion], bool]:
    first, last = (date.fromisoformat(params[name]) for name in ("from", "to"))
    return lambda occasion: first <= occasion.at.date() <= last


def _month_day(text: Any) -> tuple[int, int] | None:
    try:
        day = date.fromisoformat(f"2000-{text}")
    except ValueError:
        return None
    return (day.month, day.day)


def season_problems(params: Params) -> Iterator[Problem]:
    for name in ("from", "to"):
        if _month_day(params.get(name)) is None:
            yield Problem(name, "date_invalid")


def season(params: Params, _leap_day: str) -> Callable[[Occasion], bool]:
    first, last = _month_day(params["from"]), _month_day(params["to"])
    if first is None or last is None:
        raise Broken("season")

    def holds(occasion: Occasion) -> bool:
        today = (occasion.at.month, occasion.at.day)
        if first <= last:
            return first <= today <= last
        return today >= first or today <= last  # across the turn of the year

    return holds


def number_problems(low: int, high: int) -> Callable[[Params], Iterator[Problem]]:
    def problems(params: Params) -> Iterator[Problem]:
        values = params.get("in")
        if not isinstance(values, list) or not values:
            yield Problem("in", "value_missing")
        elif any(type(v) is not int or not (low <= v <= high) or v == 0 for v in values):
            yield Problem("in", "value_invalid")

    return problems


def weekday(params: Params, _leap_day: str) -> Callable[[Occasion], bool]:
    wanted = frozenset(params["in"])
    return lambda occasion: occasion.at.isoweekday() in wanted


def day_of_month(params: Params, _leap_day: str) -> Callable[[Occasion], bool]:
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


def hour_problems(params: Params) -> Iterator[Problem]:
    clocks = {name: _clock(params.get(name)) for name in ("from", "to")}
    yield from (Problem(name, "time_invalid") for name, clock in clocks.items() if clock is None)
    if None not in clocks.values() and clocks["from"] == clocks["to"]:
        yield Problem("to", "range_empty")


def hours(params: Params, _leap_day: str) -> Callable[[Occasion], bool]:
    first, last = _clock(params["from"]), _clock(params["to"])
    if first is None or last is None:
        raise Broken("hours")

    def holds(occasion: Occasion) -> bool:
        now = occasion.at.time()
        if first < last:
            return first <= now < last or (last == time.max and now >= first)
        return now >= first or now < last  # across midnight

    return holds
