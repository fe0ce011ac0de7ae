"""Hours in which nobody is disturbed. No Django, no clock, no query."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta, tzinfo
from typing import NamedTuple


class Span(NamedTuple):
    """From one time of the day to another, often over midnight; equal ends: no time at all."""

    starts: time
    ends: time

    def end_after(self, local: datetime) -> datetime | None:
        """When the quiet that holds at this local instant is over; None where none holds."""
        now = local.timetz().replace(tzinfo=None)
        if self.starts == self.ends:
            return None
        if self.starts < self.ends:
            holds, days = self.starts <= now < self.ends, 0
        else:
            holds, days = now >= self.starts or now < self.ends, int(now >= self.starts)
        if not holds:
            return None
        return datetime.combine(local.date() + timedelta(days=days), self.ends, tzinfo=local.tzinfo)


def not_before(at: datetime, *, spans: Sequence[Span], zone: tzinfo) -> datetime:
    """The first instant from `at` on that lies in none of `spans`.

    Two spans that leave no minute of the day free hold nothing back beyond each once.
    """
    due = at.astimezone(zone)
    for _round in range(2):
        for span in spans:
            due = span.end_after(due) or due
    return max(at, due)
