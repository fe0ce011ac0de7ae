"""Who the demo's members are and how they shop. Pure: the same seed gives the same people."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from config.demo.merchant import FAMILY_NAMES, GIVEN_NAMES, SHOPS, TAGS

ZONE = ZoneInfo("Asia/Shanghai")
YEAR = timedelta(days=365)


@dataclass(slots=True)
class Person:
    """A member to be: `visits` a year until `leaves_on`, mostly in shop number `home`."""

    name: str
    phone: str
    birthday: date | None
    joined_at: datetime
    visits: int
    home: int
    leaves_on: date | None = None
    tag: str = ""
    member_id: int = 0


@dataclass(frozen=True, slots=True)
class _Habit:
    share: int
    visits: tuple[int, int]
    leaves: bool = False


_HABITS = (
    _Habit(10, (60, 95)),
    _Habit(30, (20, 40)),
    _Habit(38, (6, 16)),
    _Habit(8, (1, 4)),
    _Habit(14, (15, 50), leaves=True),
)
_TAGGED = 0.15
# Whom the printed accounts and the story's scenes are about: regulars since the first week.
CAST = (
    ("林知夏", 90),
    ("陈立群", 55),
    ("王秀英", 24),
    ("周子昂", 30),
    ("苏晓燕", 48),
    ("许明远", 36),
)


def phone(place: int) -> str:
    """Numbers of a range that is plainly made up, and easy to type on the sign-in page."""
    return f"1380000{place + 1:04d}"


def people(*, count: int, random: Random, first_day: date) -> list[Person]:
    """`count` members in the order of their joining; the cast comes first."""
    persons = [_cast_member(place, random, first_day) for place in range(min(count, len(CAST)))]
    others = [_person(random, first_day) for _ in range(count - len(persons))]
    others.sort(key=lambda person: person.joined_at)
    for place, person in enumerate(others, start=len(persons)):
        person.phone = phone(place)
        person.tag = random.choice(TAGS) if random.random() < _TAGGED else ""
    return persons + others


def _cast_member(place: int, random: Random, first_day: date) -> Person:
    name, visits = CAST[place]
    birthday = _birthday(random)
    if place == 0:
        # A birthday gift that is still there, and about to lapse.
        birthday = (first_day + YEAR - timedelta(days=9)).replace(year=1992)
    joined = datetime.combine(first_day + timedelta(days=place), time(10, 7 * place), ZONE)
    return Person(
        name=name,
        phone=phone(place),
        birthday=birthday,
        joined_at=joined,
        visits=visits,
        home=place % len(SHOPS),
        tag=TAGS[0] if place < 2 else "",
    )


def _person(random: Random, first_day: date) -> Person:
    habit = random.choices(_HABITS, [habit.share for habit in _HABITS])[0]
    # A third joins in the opening month, the rest over the year.
    day = int(random.triangular(0, 30, 3)) if random.random() < 0.33 else random.randrange(360)
    joined = datetime.combine(
        first_day + timedelta(days=day), time(random.randrange(8, 20), random.randrange(60)), ZONE
    )
    leaves_on = None
    if habit.leaves:
        leaves_on = joined.date() + timedelta(days=random.randrange(40, 200))
    return Person(
        name=_name(random),
        phone="",
        birthday=_birthday(random) if random.random() < 0.7 else None,
        joined_at=joined,
        visits=random.randint(*habit.visits),
        home=random.choices(range(len(SHOPS)), [shop.share for shop in SHOPS])[0],
        leaves_on=leaves_on,
    )


def _name(random: Random) -> str:
    weights = [100 - place if place < 60 else 8 for place in range(len(FAMILY_NAMES))]
    return random.choices(FAMILY_NAMES, weights)[0] + random.choice(GIVEN_NAMES)


def _birthday(random: Random) -> date:
    return date(1958, 1, 1) + timedelta(days=int(random.triangular(0, 48 * 365, 34 * 365)))
