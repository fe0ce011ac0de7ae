"""Points on a member's birthday, once a year (F10)."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from campaigns.policies.events import EventInput
from campaigns.policies.periods import birthday_in
from campaigns.selectors import rules
from campaigns.services import events
from members import selectors

SOURCE = "birthday"
# Nobody loses a birthday because the job was away for some days.
_LOOK_BACK = 7
_WINDOW = 500
_AT = time(8, 0)
_LEAP_DAY = date(2000, 2, 29)


def reward(*, now: datetime, progress: Callable[[int], None] | None = None) -> int:
    """Record the birthdays of today and of the days before that were missed; returns how many
    members got a record now.

    A year's birthday counts once, whenever this runs. Windows of five hundred members, a
    transaction each. Nothing is written when no rule of that day gives anything for a birthday.
    """
    zone = ZoneInfo(settings.TIME_ZONE)
    today = now.astimezone(zone).date()
    timetable = rules.timetable()
    done = 0
    for ago in range(_LOOK_BACK, -1, -1):
        day = today - timedelta(days=ago)
        at = datetime.combine(day, _AT, tzinfo=zone)
        program = timetable.at(at)
        if program is None or at > now or not program.rules_for(SOURCE):
            continue
        for window in _windows(day, program.terms.leap_day):
            acts = [
                EventInput(
                    external_id=f"{pk}:{day.year}",
                    trigger="birthday",
                    member_id=pk,
                    occurred_at=at,
                )
                for pk in window
            ]
            with transaction.atomic():
                told = events.record_many(source=SOURCE, events=acts, actor="system", now=now)
            done += sum(not one.is_replay for one in told)
            if progress is not None:
                progress(done)
    return done


def _windows(day: date, leap_day: str) -> Iterator[list[int]]:
    """Members who keep their birthday on `day`, in the order of their ids."""
    days = [(day.month, day.day)]
    if birthday_in(day.year, _LEAP_DAY, leap_day) == day:
        days.append((_LEAP_DAY.month, _LEAP_DAY.day))
    after = 0
    while window := selectors.born_on(days, after=after, limit=_WINDOW):
        yield window
        after = window[-1]
