"""Which lots a clearing takes, by table, through the engine of this database.

Every line was worked out by hand on a calendar. Days are those of Shanghai.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest

from members.models import Member
from points.models import ClearingRun, Entry
from points.policies import clearing
from points.policies.clearing import Scope
from points.selectors import clearings
from points.services.clearing import engine
from points.services.rows import Posting
from stores.models import Store
from tests.points.clearing.conftest import SHANGHAI
from tests.points.conftest import make_member

pytestmark = pytest.mark.django_db
Grant = Callable[..., Posting]


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def scope(first: str, last: str, last_day: str) -> Scope:
    begins, before = clearing.earned_in_days(
        date.fromisoformat(first) if first else None, date.fromisoformat(last), SHANGHAI
    )
    return Scope(
        basis="earned",
        cutoff_at=clearing.ends_after(date.fromisoformat(last_day), SHANGHAI),
        earned_from=begins,
        earned_before=before,
    )


# earned from, earned through, last day | earned at | ends by itself at | taken
YEAR_ENDS = """
           | 2025-12-31 | 2026-12-31 | 2025-12-31T23:59:59.999999 | never               | yes
           | 2025-12-31 | 2026-12-31 | 2026-01-01T00:00:00        | never               | no
           | 2025-12-31 | 2026-12-31 | 2019-07-01T12:00:00        | never               | yes
           | 2025-12-31 | 2026-12-31 | 2025-01-01T00:00:00        | 2027-01-01T00:00:00 | no
           | 2025-12-31 | 2026-12-31 | 2025-01-01T00:00:00        | 2026-12-31T00:00:00 | no
           | 2025-12-31 | 2026-12-31 | 2025-01-01T00:00:00        | 2027-01-02T00:00:00 | no
           | 2025-12-31 | 2026-12-31 | 2024-02-29T00:00:00        | never               | yes
           | 2025-12-31 | 2026-12-31 | 2024-02-29T23:59:59        | 2028-02-29T00:00:00 | no
           | 2026-12-31 | 2026-12-31 | 2026-12-31T23:59:59        | never               | yes
           | 2026-12-31 | 2026-12-31 | 2026-01-01T00:00:00        | never               | yes
           | 2026-12-31 | 2026-12-31 | 2027-01-01T00:00:00        | never               | no
2025-01-01 | 2025-12-31 | 2026-12-31 | 2024-12-31T23:59:59        | never               | no
2025-01-01 | 2025-12-31 | 2026-12-31 | 2025-01-01T00:00:00        | never               | yes
2025-01-01 | 2025-12-31 | 2026-12-31 | 2025-06-30T10:00:00        | never               | yes
2025-01-01 | 2025-12-31 | 2026-12-31 | 2025-12-31T23:59:59        | never               | yes
2025-01-01 | 2025-12-31 | 2026-12-31 | 2026-01-01T00:00:00        | never               | no
2024-01-01 | 2025-12-31 | 2027-12-31 | 2024-01-01T00:00:00        | never               | yes
2024-01-01 | 2025-12-31 | 2027-12-31 | 2023-12-31T23:59:59        | never               | no
2024-01-01 | 2024-12-31 | 2026-02-28 | 2024-02-29T12:00:00        | never               | yes
2024-01-01 | 2024-12-31 | 2026-02-28 | 2024-02-29T12:00:00        | 2026-03-01T00:00:00 | no
2024-01-01 | 2024-12-31 | 2026-02-28 | 2024-02-29T12:00:00        | 2026-03-01T00:00:01 | no
2024-02-29 | 2024-02-29 | 2024-12-31 | 2024-02-29T00:00:00        | never               | yes
2024-02-29 | 2024-02-29 | 2024-12-31 | 2024-02-29T23:59:59        | never               | yes
2024-02-29 | 2024-02-29 | 2024-12-31 | 2024-02-28T23:59:59        | never               | no
2024-02-29 | 2024-02-29 | 2024-12-31 | 2024-03-01T00:00:00        | never               | no
2024-02-01 | 2024-02-29 | 2028-02-29 | 2024-02-01T00:00:00        | 2028-03-01T00:00:00 | no
2024-02-01 | 2024-02-29 | 2028-02-29 | 2024-02-01T00:00:00        | 2028-03-02T00:00:00 | no
2026-01-01 | 2026-03-31 | 2026-03-31 | 2026-03-31T23:59:59        | never               | yes
2026-01-01 | 2026-03-31 | 2026-03-31 | 2026-04-01T00:00:00        | never               | no
2026-01-01 | 2026-03-31 | 2026-06-30 | 2026-01-01T00:00:00        | 2026-07-01T00:00:00 | no
2026-01-01 | 2026-03-31 | 2026-06-30 | 2026-01-01T00:00:00        | 2026-10-01T00:00:00 | no
2026-10-01 | 2026-12-31 | 2026-12-31 | 2026-09-30T23:59:59        | never               | no
2026-10-01 | 2026-12-31 | 2026-12-31 | 2026-10-01T00:00:00        | never               | yes
2026-10-01 | 2026-12-31 | 2027-03-31 | 2026-12-31T23:59:59        | never               | yes
"""


def lines() -> list[list[str]]:
    return [
        [cell.strip() for cell in line.split("|")] for line in YEAR_ENDS.strip("\n").splitlines()
    ]


SCOPES = sorted({tuple(line[:3]) for line in lines()})


def book(wanted: Scope) -> ClearingRun:
    run = ClearingRun.objects.create(cutoff_at=wanted.cutoff_at, started_at=wanted.cutoff_at)
    at = wanted.cutoff_at
    engine.book(engine.Order(run=run, scope=wanted, at=at, recorded_at=at))
    return run


def taken(members: dict[str, Member]) -> set[str]:
    names = {member.pk: name for name, member in members.items()}
    owners = Entry.objects.filter(kind="expire").values_list("account__member_id", flat=True)
    return {names[owner] for owner in owners}


@pytest.mark.parametrize("days", SCOPES, ids=" ".join)
def test_what_an_ordered_clearing_takes(days: tuple[str, str, str], grant: Grant) -> None:
    members: dict[str, Member] = {}
    expected = set()
    for line in lines():
        if tuple(line[:3]) != days:
            continue
        _first, _last, _last_day, earned, ends, is_taken = line
        name = f"{earned} {ends}"
        members[name] = make_member()
        until = None if ends == "never" else instant(ends)
        grant(members[name], 10, at=instant(earned), expires_at=until)
        expected |= {name} if is_taken == "yes" else set()
    wanted = scope(*days)
    foreseen = clearings.due_lots(wanted).count()
    book(wanted)
    assert taken(members) == expected
    assert foreseen == len(expected)


def test_what_has_lapsed_is_taken_whatever_its_age(grant: Grant) -> None:
    cutoff = instant("2027-01-01")
    members = {name: make_member() for name in ("over", "a moment more")}
    grant(members["over"], 10, at=instant("2020-01-01"), expires_at=cutoff)
    later = cutoff + timedelta(microseconds=1)
    grant(members["a moment more"], 10, at=instant("2020-01-01"), expires_at=later)
    book(Scope(basis="lapsed", cutoff_at=cutoff))
    assert taken(members) == {"over"}


def test_of_one_store_only(grant: Grant) -> None:
    one = Store.objects.create(code="S1", name="一店")
    other = Store.objects.create(code="S2", name="二店")
    members = {name: make_member() for name in ("one", "other", "none")}
    ends = instant("2027-01-01")
    for name, store in (("one", one.pk), ("other", other.pk), ("none", None)):
        grant(members[name], 10, at=instant("2026-01-01"), expires_at=ends, store_id=store)
    book(Scope(basis="lapsed", cutoff_at=ends, store_id=one.pk))
    assert taken(members) == {"one"}
