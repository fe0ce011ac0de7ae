"""The nightly RFM analysis: windows of members, each in a transaction of its own (F91)."""

import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.contrib.auth.models import AbstractBaseUser
from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from insights import exceptions
from insights.models import RfmRun, RfmScore, RfmSettings
from insights.policies import rfm
from insights.policies.rfm import Limits
from insights.selectors import rfm as selecting
from members.selectors import segments as known
from members.services import segments
from sales.models import Receipt

# About ten receipts each: a window is read and written in a fraction of a second.
WINDOW = 20_000

Progress = Callable[[int], None]


class Window(NamedTuple):
    """What a window wrote: rows of the snapshot, and members who changed their group."""

    changed: int
    moved: int


def run_nightly(
    *, now: datetime, progress: Progress | None = None, by: AbstractBaseUser | None = None
) -> RfmRun:
    """The analysis as of the end of yesterday, in the shop's zone."""
    return run(as_of=yesterday(now), now=now, progress=progress, by=by)


def yesterday(now: datetime) -> date:
    """The last day that is over in the shop's zone."""
    return now.astimezone(timezone.get_default_timezone()).date() - timedelta(days=1)


def run(
    *,
    as_of: date,
    now: datetime,
    progress: Progress | None = None,
    by: AbstractBaseUser | None = None,
) -> RfmRun:
    """Work out every member's figures and group as of the end of `as_of`.

    Goes on where an unfinished run of the same day with the same thresholds was cut off; what is
    there already is not written again, so running it twice is harmless. Twenty thousand members
    are in memory at a time, and locked while their window is written.
    """
    thresholds = selecting.settings().thresholds()
    job = _begun(as_of, thresholds, now, by)
    limits = rfm.limits(thresholds, as_of)
    groups = segments.ensure_rfm(at=now)
    clock = time.monotonic()
    while (high := known.ids_beyond(job.cursor, count=WINDOW)) is not None:
        with transaction.atomic():
            done = _window(limits, as_of, groups, low=job.cursor, high=high, at=now)
            job.cursor, job.changed, job.moved = (
                high,
                job.changed + done.changed,
                job.moved + done.moved,
            )
            job.heartbeat_at = now + timedelta(seconds=time.monotonic() - clock)
            job.save(update_fields=["cursor", "changed", "moved", "heartbeat_at"])
        if progress is not None:
            progress(high)
    for segment_id in groups.values():
        segments.finish(segment_id=segment_id, at=now)
    _finish(job, limits, now + timedelta(seconds=time.monotonic() - clock))
    return job


def _begun(
    as_of: date, thresholds: rfm.Thresholds, now: datetime, by: AbstractBaseUser | None
) -> RfmRun:
    told = _told(thresholds)
    open_runs = RfmRun.objects.filter(state=RfmRun.State.RUNNING)
    found = open_runs.filter(as_of=as_of, thresholds=told).order_by("-pk").first()
    # Runs of other days that never ended have nothing to go on with.
    open_runs.exclude(pk=found.pk if found is not None else 0).delete()
    if found is not None:
        return found
    return RfmRun.objects.create(
        as_of=as_of,
        thresholds=told,
        started_at=now,
        heartbeat_at=now,
        requested_by_id=by.pk if by is not None else None,
    )


def _told(thresholds: rfm.Thresholds) -> dict[str, Any]:
    return asdict(thresholds) | {"vip_yuan": f"{thresholds.vip_yuan:.2f}"}


def _window(
    limits: Limits, as_of: date, groups: dict[str, int], *, low: int, high: int, at: datetime
) -> Window:
    """Bring the snapshot and the groups of these members up to date; only differences."""
    gone = _drop_without_purchase(as_of, low=low, high=high)
    changed = _upsert(limits, as_of, low=low, high=high)
    members: dict[str, list[int]] = {group: [] for group in groups}
    rows = RfmScore.objects.filter(member_id__gt=low, member_id__lte=high)
    for member_id, group in rows.values_list("member_id", "group"):
        members[group].append(member_id)
    moved = 0
    for group, segment_id in groups.items():
        moved += segments.sync(
            segment_id=segment_id, low=low, high=high, ids=members[group], at=at
        ).added
    return Window(changed + gone, moved)


def _drop_without_purchase(as_of: date, *, low: int, high: int) -> int:
    """Members all of whose purchases came back, or went to another member."""
    ends_at = selecting.midnight(as_of + timedelta(days=1))
    bought = Receipt.objects.filter(
        selecting.IS_PURCHASE,
        member_id=OuterRef("pk"),
        state=Receipt.State.POSTED,
        occurred_at__lt=ends_at,
    )
    rows = RfmScore.objects.filter(member_id__gt=low, member_id__lte=high)
    deleted, _rows = rows.filter(~Exists(bought)).delete()
    return deleted


_UPSERT = """
INSERT INTO insights_rfmscore
    (member_id, first_on, last_on, purchases, amount, "group", changed_on)
SELECT f.member_id, f.first_on, f.last_on, f.purchases, f.amount, f."group", {day}
FROM ({figures}) f LEFT JOIN insights_rfmscore s ON s.member_id = f.member_id
WHERE s.member_id IS NULL OR s.first_on <> f.first_on OR s.last_on <> f.last_on
   OR s.purchases <> f.purchases OR s.amount <> f.amount OR s."group" <> f."group"
ON CONFLICT (member_id) DO UPDATE SET
    first_on = excluded.first_on, last_on = excluded.last_on, purchases = excluded.purchases,
    amount = excluded.amount, "group" = excluded."group", changed_on = excluded.changed_on
"""


def _upsert(limits: Limits, as_of: date, *, low: int, high: int) -> int:
    """Write the figures that differ from the snapshot's; how many."""
    query = selecting.figures(limits, as_of, low=low, high=high).query
    figures, parameters = query.get_compiler(connection=connection).as_sql()
    day = "%s::date" if connection.vendor == "postgresql" else "%s"
    with connection.cursor() as cursor:
        # Our own names and the ORM's own text; every value is a parameter.
        sql = _UPSERT.format(figures=figures, day=day)
        cursor.execute(sql, [as_of.isoformat(), *parameters])
        return int(cursor.rowcount)


def _finish(job: RfmRun, limits: Limits, at: datetime) -> None:
    cut = selecting.quintiles()
    groups = selecting.groups(limits)
    job.result = {
        "groups": {name: list(figures) for name, figures in groups.items()},
        "cuts": {
            "recency": [day.isoformat() for day in cut.recency],
            "frequency": cut.frequency,
            "money": cut.money,
        },
        "cells": [list(cell) for cell in selecting.cells(cut)],
    }
    job.members = sum(count for count, _amount in groups.values())
    job.state, job.finished_at = RfmRun.State.DONE, at
    job.save()


def change_settings(*, thresholds: rfm.Thresholds) -> RfmSettings:
    """Set the groups' thresholds; they act from the next analysis on.

    Raises `RfmSettingsInvalid` where a member could be in no group, or in two.
    """
    if not 1 <= thresholds.sleeping_days < thresholds.lost_days:
        raise exceptions.RfmSettingsInvalid(field="lost_days")
    if min(thresholds.window_days, thresholds.new_days, thresholds.vip_purchases) < 1:
        raise exceptions.RfmSettingsInvalid(field="window_days")
    if thresholds.vip_yuan < 0:
        raise exceptions.RfmSettingsInvalid(field="vip_yuan")
    row = RfmSettings(id=1, **asdict(thresholds))
    row.save()
    return row


# --- people who become one, or go ---------------------------------------------------------------


def recompute(*, member_ids: list[int], at: datetime) -> None:
    """Bring these members up to date with the last analysis, after their receipts have moved."""
    last = selecting.newest()
    if last is None:
        return
    limits = rfm.limits(selecting.settings().thresholds(), last.as_of)
    groups = segments.ensure_rfm(at=at)
    for member_id in member_ids:
        with transaction.atomic():
            _window(limits, last.as_of, groups, low=member_id - 1, high=member_id, at=at)


def merge(*, kept_id: int, gone_id: int, at: datetime) -> None:
    """After the receipts of `gone_id` have become those of `kept_id`."""
    recompute(member_ids=[gone_id, kept_id], at=at)


def forget(*, member_id: int) -> None:
    """Leave nothing of an erased member in the snapshot."""
    RfmScore.objects.filter(pk=member_id).delete()
