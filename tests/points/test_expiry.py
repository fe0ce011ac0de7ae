"""Booking of expiry: late, twice, in windows, killed in the middle."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from members.models import Member
from points import selectors
from points.models import Account, ClearingRun, Entry, Lot
from points.selectors import audit
from points.services import book, expiry, ledger
from points.services.clearing import engine
from points.services.rows import Posting
from stores.models import JobRun
from tests.points.conftest import NOON, make_member

pytestmark = pytest.mark.django_db
Grant = Callable[..., Posting]
DAY = timedelta(days=1)


def test_one_entry_per_account_and_run(lin: Member, grant: Grant) -> None:
    grant(lin, 10, days=1)
    grant(lin, 20, days=2)
    grant(lin, 40, days=3)
    run = expiry.expire_due(cutoff_at=NOON + 2 * DAY, recorded_at=NOON + 2 * DAY)
    assert (run.accounts, run.lots, run.points) == (1, 2, 30)
    entry = Entry.objects.get(kind="expire")
    assert (entry.d_available, entry.available_after) == (-30, 40)
    assert entry.expired_lots.count() == 2
    again = expiry.expire_due(cutoff_at=NOON + 2 * DAY, recorded_at=NOON + 2 * DAY)
    assert (again.accounts, again.points) == (0, 0)


def test_nothing_expires_before_its_instant(lin: Member, grant: Grant) -> None:
    grant(lin, 10, days=1)
    before = NOON + DAY - timedelta(microseconds=1)
    assert expiry.expire_due(cutoff_at=before, recorded_at=before).points == 0
    assert expiry.expire_due(cutoff_at=NOON + DAY, recorded_at=NOON + DAY).points == 10


def test_points_that_never_expire_never_do(lin: Member, grant: Grant) -> None:
    grant(lin, 10, days=None)
    far = NOON.replace(year=9000)
    assert expiry.expire_due(cutoff_at=far, recorded_at=NOON).points == 0
    assert selectors.balance(lin.pk, far).available == 10


def test_a_run_that_is_killed_and_run_again_books_the_same(
    monkeypatch: pytest.MonkeyPatch, grant: Grant
) -> None:
    monkeypatch.setattr(engine, "WINDOW", 3)
    members = [make_member() for _ in range(10)]
    for member in members:
        grant(member, 10, days=1)

    class Killed(Exception):
        pass

    def die(accounts: int, points: int) -> None:
        if accounts >= 6:
            raise Killed

    with pytest.raises(Killed):
        expiry.expire_due(cutoff_at=NOON + DAY, recorded_at=NOON + DAY, progress=die)
    assert ClearingRun.objects.get().finished_at is None
    assert Entry.objects.filter(kind="expire").count() == 6
    expiry.expire_due(cutoff_at=NOON + DAY, recorded_at=NOON + DAY)
    assert Entry.objects.filter(kind="expire").count() == 10
    assert set(Account.objects.values_list("available", "expired_total")) == {(0, 10)}
    assert not Lot.objects.exclude(state="closed").exists()
    assert audit.run().breaches == {}


def test_a_window_takes_a_fixed_number_of_queries(
    grant: Grant, django_assert_max_num_queries: Callable[[int], object]
) -> None:
    for count in (1, 3, 30):
        members = [make_member() for _ in range(count)]
        for member in members:
            grant(member, 10, days=1)
        with django_assert_max_num_queries(18):  # type: ignore[attr-defined]
            expiry.expire_due(cutoff_at=NOON + DAY, recorded_at=NOON + DAY)
    assert book.WINDOW >= 30


def test_the_nightly_task_leaves_a_row_that_says_what_it_did(lin: Member, grant: Grant) -> None:
    from points import tasks

    grant(lin, 10, days=1)  # long past, by the clock on the wall
    ledger.earn(
        member_id=lin.pk,
        points=5,
        reference="alive",
        source="purchase",
        actor="t",
        at=NOON,
        expires_at=None,
    )
    tasks.expire_lots()
    run = JobRun.objects.get(name="points.expire_lots")
    assert run.state == JobRun.State.DONE
    assert run.detail == {"accounts": 1, "lots": 1, "points": 10}
    tasks.verify_ledger()
    assert JobRun.objects.get(name="points.verify_ledger").detail["clean"] is True
    tasks.release_pending()
    tasks.release_stale_holds()
    assert JobRun.objects.filter(state=JobRun.State.DONE).count() == 4
