"""Telling members what has expired, after it was booked: the booking waits for nobody's message."""

from datetime import datetime, timedelta

from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from notifications.models import Notice
from notifications.services import telling
from notifications.services.telling import Fact
from points.models import ClearingRun
from points.services.book import WINDOW

_GIVEN_UP = timedelta(days=1)
"""A run that was killed has booked no more after this long: what it did has been told."""


def tell_cleared(*, now: datetime, limit: int = 100_000) -> int:
    """Tell the members whose points a run has booked; returns how many, at most about `limit`.

    One notice per member and run. Where it is remembered stands in the run, in the same
    transaction as the notices: killed anywhere, it goes on there and tells nobody twice.
    """
    told = 0
    for run_id in list(
        ClearingRun.objects.filter(is_told=False).order_by("pk").values_list("pk", flat=True)
    ):
        while told < limit:
            count = _window(run_id, now)
            if not count:
                break
            told += count
    return told


def _window(run_id: int, now: datetime) -> int:
    with transaction.atomic():
        run = ClearingRun.objects.select_for_update().get(pk=run_id)
        if run.is_told:
            return 0
        found = _losers(run)
        if not found:
            run.is_told = run.finished_at is not None or run.started_at < now - _GIVEN_UP
            run.save(update_fields=["is_told"])
            return 0
        telling.tell([_fact(run, *one[1:]) for one in found], at=now)
        run.told_through = found[-1][0]
        run.save(update_fields=["told_through"])
    return len(found)


def _losers(run: ClearingRun) -> list[tuple[int, int, int, int]]:
    """Account, member, points lost and points left, of the next who were not told yet."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT e.account_id, a.member_id, -e.d_available, e.available_after "
            "FROM points_entry e JOIN points_account a ON a.id = e.account_id "
            "WHERE e.reference = %s AND e.account_id > %s AND a.unit = 'points' "
            "ORDER BY e.account_id LIMIT %s",
            [f"expire:{run.pk}", run.told_through, WINDOW],
        )
        return [(account, member, lost, left) for account, member, lost, left in cursor]


def _fact(run: ClearingRun, member_id: int, points: int, stays: int) -> Fact:
    last = timezone.localtime(run.cutoff_at) - timedelta(microseconds=1)
    return Fact(
        member_id=member_id,
        kind=Notice.Kind.POINTS_CLEARED,
        reference=f"cleared:{run.pk}",
        context={"points": points, "stays": stays, "day": last.date().isoformat(), "grace": 0},
        link=reverse("points:entries") + "?show=expired",
        points=-points,
    )
