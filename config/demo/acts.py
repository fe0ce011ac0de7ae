"""What the demo's members do besides buying: they have birthdays, and share what they liked."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from random import Random

from campaigns.policies.events import EventInput
from campaigns.services import birthdays, events
from config.demo.people import ZONE, Person
from stores.models import Store
from stores.services import jobs

_SHARES = 0.04
_SHARES_AGAIN = 0.3
_BIRTHDAYS_AT = time(8, 1)


class Acts:
    """Events, told to the rules of their day as the mini-program and the nightly jobs do."""

    def __init__(self, *, persons: list[Person], online: Store, random: Random) -> None:
        self._random = random
        self._online = online
        self._birthdays = {
            (person.birthday.month, person.birthday.day) for person in persons if person.birthday
        }
        self._shares = 0

    def morning(self, on: date, *, until: datetime, is_recorded: bool) -> None:
        """The job of the morning; on days of no interest it would find nobody."""
        at = datetime.combine(on, _BIRTHDAYS_AT, ZONE)
        if at > until:
            return
        if is_recorded:
            with jobs.recorded(name="campaigns.reward_birthdays", now=at) as run:
                done = birthdays.reward(now=at, progress=lambda count: run.progress(done=count))
                run.result = {"members": done}
        elif (on.month, on.day) in self._birthdays:
            birthdays.reward(now=at)

    def evening(self, buyers: Iterable[Person], *, at: datetime) -> None:
        """Some share what they had, and a few of those once more, which gives nothing."""
        for buyer in buyers:
            if self._random.random() < _SHARES:
                self._share(buyer, at)
                if self._random.random() < _SHARES_AGAIN:
                    self._share(buyer, at + timedelta(minutes=6))

    def _share(self, person: Person, at: datetime) -> None:
        self._shares += 1
        act = EventInput(
            external_id=f"share-{self._shares:04d}",
            trigger="share",
            member_id=person.member_id,
            occurred_at=at,
        )
        source = f"store:{self._online.pk}"
        events.record(
            source=source,
            event=act,
            actor=f"till:{self._online.code}",
            now=at,
            store=self._online,
        )
