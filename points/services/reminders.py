"""Telling members ahead of time that points are about to end (F69)."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.models import QuerySet, Sum
from django.urls import reverse
from django.utils import timezone

from notifications.models import Notice
from notifications.services import telling
from notifications.services.telling import Fact
from points.models import ClearingSettings, ExpiryNotice, Lot
from points.policies import clearing as policies
from points.policies import in_yuan, start_of_day
from points.policies.clearing import Scope
from points.selectors import balances, clearings
from points.services import rows

WINDOW = 1_000
"""Accounts told in one transaction."""

FIRST_HOUR, LAST_HOUR = 9, 21

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Item:
    """Points of one account that end together, and which reminder of it is due."""

    deadline: datetime
    stage: int
    days_left: int
    points: int


@dataclass(slots=True)
class _Due:
    member: int
    stays: int
    items: list[Item] = field(default_factory=list)


@dataclass(slots=True)
class Reminded:
    """What a run did: members told, and points named to them."""

    members: int = 0
    points: int = 0


@dataclass(frozen=True, slots=True)
class _Day:
    """What does not change during a run."""

    now: datetime
    today: date
    zone: ZoneInfo
    settings: ClearingSettings
    stages: tuple[int, ...]
    horizon: datetime
    scopes: tuple[Scope, ...]
    rate: int
    link: str


def is_daytime(now: datetime) -> bool:
    """Whether members may be told now: between nine in the morning and nine at night."""
    return FIRST_HOUR <= timezone.localtime(now).hour < LAST_HOUR


def remind(*, now: datetime, progress: Progress | None = None) -> Reminded:
    """Tell every member whose points end within the merchant's reminders, once per reminder.

    One notice per member for everything that is due today, with the sum, what stays, and each
    part with its day. Days on which nothing ran are caught up. The proof (`ExpiryNotice`), the
    notice and its messages commit together, in windows of accounts: killed anywhere and run
    again, everybody is told exactly once; two at once tell each member once.
    """
    done = Reminded()
    day = _day(now)
    if not day.stages:
        return done
    after = 0
    while accounts := _accounts(day, after):
        with transaction.atomic():
            _tell(day, _window(day, after, accounts[-1]), done)
        after = accounts[-1]
        if progress:
            progress(done.members)
    return done


def forget_old(*, before: datetime, limit: int) -> int:
    """Delete up to `limit` proofs of points whose end, and whose notice, lie before this instant.

    A clearing asks only for those of ends to come, or just over.
    """
    old = ExpiryNotice.objects.filter(deadline__lt=before, told_at__lt=before).order_by("deadline")
    ids = list(old.values_list("pk", flat=True)[:limit])
    deleted, _by_model = ExpiryNotice.objects.filter(pk__in=ids).delete()
    return deleted


def _day(now: datetime) -> _Day:
    settings = clearings.settings()
    zone = ZoneInfo(timezone.get_default_timezone_name())
    today = now.astimezone(zone).date()
    farthest = max(settings.stages, default=0)
    horizon = start_of_day(today + timedelta(days=farthest + 1), zone)
    coming = [plan.scope for plan in clearings.coming() if now < plan.cutoff_at < horizon]
    return _Day(
        now=now,
        today=today,
        zone=zone,
        settings=settings,
        stages=settings.stages,
        horizon=horizon,
        scopes=tuple(coming),
        rate=balances.ledger_settings().points_per_yuan,
        link=reverse("points:expiring"),
    )


def _ending(day: _Day) -> Iterator[tuple[QuerySet[Lot], datetime | None]]:
    """Lots that end soon by themselves (None), and those that an ordered clearing will end."""
    own = Lot.objects.filter(
        state=Lot.State.OPEN, expires_at__gt=day.now, expires_at__lt=day.horizon
    )
    yield own, None
    for scope in day.scopes:
        yield clearings.due_lots(scope), scope.cutoff_at


def _accounts(day: _Day, after: int) -> list[int]:
    """The next accounts of which something ends soon."""
    found: set[int] = set()
    for lots, _deadline in _ending(day):
        accounts = lots.filter(account_id__gt=after).order_by("account_id")
        found.update(accounts.values_list("account_id", flat=True).distinct()[:WINDOW])
    return sorted(found)[:WINDOW]


def _window(day: _Day, after: int, last: int) -> dict[int, _Due]:
    told = _already_told(day, after, last)
    owners = _owners(day, after, last)
    for (account, ends), points in _sums(day, after, last).items():
        left = policies.days_left(ends, day.today, day.zone)
        stage = policies.stage_of(left, day.stages)
        if stage is None or account not in owners or (account, ends, stage) in told:
            continue
        owners[account].items.append(Item(ends, stage, left, points))
    return {account: due for account, due in owners.items() if due.items}


def _sums(day: _Day, after: int, last: int) -> dict[tuple[int, datetime], int]:
    """Points by account and end, whether they end by themselves or by an ordered clearing."""
    sums: dict[tuple[int, datetime], int] = {}
    for lots, deadline in _ending(day):
        window = lots.filter(account_id__gt=after, account_id__lte=last).order_by()
        for account, expires_at, points in window.values_list("account_id", "expires_at").annotate(
            points=Sum("remaining")
        ):
            key = (account, deadline or expires_at)
            sums[key] = sums.get(key, 0) + int(points)
    return sums


def _already_told(day: _Day, after: int, last: int) -> set[tuple[int, datetime, int]]:
    found = ExpiryNotice.objects.filter(
        account_id__gt=after, account_id__lte=last, deadline__gt=day.now
    )
    return set(found.values_list("account_id", "deadline", "stage"))


def _owners(day: _Day, after: int, last: int) -> dict[int, _Due]:
    """Who the accounts belong to, and what each can use now."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT a.id, a.member_id, (SELECT COALESCE(SUM(l.remaining), 0) FROM points_lot l "
            "WHERE l.account_id = a.id AND l.state = 'open' AND l.expires_at > %s) "
            "FROM points_account a JOIN members_member m ON m.id = a.member_id "
            "WHERE a.id > %s AND a.id <= %s AND a.unit = 'points' "
            "AND m.merged_into_id IS NULL AND m.erased_at IS NULL",
            [rows.stamp(day.now), after, last],
        )
        return {account: _Due(member, int(usable)) for account, member, usable in cursor}


def _tell(day: _Day, found: dict[int, _Due], done: Reminded) -> None:
    notices, facts = [], {}
    for account, due in found.items():
        due.items.sort(key=lambda item: item.deadline)
        total = sum(item.points for item in due.items)
        if total < day.settings.least_points:
            continue
        fact = _fact(day, due, total)
        facts[account] = fact
        notices += [
            ExpiryNotice(
                account_id=account,
                deadline=item.deadline,
                stage=item.stage,
                days_left=item.days_left,
                points=item.points,
                stays=due.stays - total,
                reference=fact.reference,
                told_at=day.now,
            )
            for item in due.items
        ]
    fresh = _write(notices)
    told = [fact for account, fact in facts.items() if account in fresh]
    telling.tell(told, at=day.now)
    done.members += len(told)
    done.points += sum(fact.points or 0 for fact in told)


def _write(notices: list[ExpiryNotice]) -> set[int]:
    """Insert the proofs; returns the accounts of which all are new.

    Where another run was faster, its transaction has been waited for and the member was told. If
    it told only a part, the rest is left to the next run: a proof names a notice that says it.
    """
    wanted = Counter(one.account_id for one in notices)
    fresh: dict[int, list[int]] = {}
    for part in rows.chunks(notices, 500):
        for account, notice in _inserted(part):
            fresh.setdefault(account, []).append(notice)
    partly = {account for account, ids in fresh.items() if len(ids) < wanted[account]}
    if partly:
        ids = [notice for account in partly for notice in fresh[account]]
        ExpiryNotice.objects.filter(pk__in=ids).delete()
    return fresh.keys() - partly


_COLUMNS = {
    "account_id": "bigint",
    "deadline": "timestamptz",
    "stage": "smallint",
    "days_left": "smallint",
    "points": "bigint",
    "stays": "bigint",
    "reference": "text",
    "told_at": "timestamptz",
}


def _inserted(part: list[ExpiryNotice]) -> list[tuple[int, int]]:
    """Account and id of the rows that were not there yet."""
    lines = [
        tuple(
            rows.stamp(value) if isinstance(value, datetime) else value
            for value in (getattr(one, name) for name in _COLUMNS)
        )
        for one in part
    ]
    if rows.is_postgresql():
        # One array per column: the statement stays the same, so it is parsed and planned once.
        arrays = ", ".join(f"%s::{kind}[]" for kind in _COLUMNS.values())
        source = f"SELECT * FROM unnest({arrays})"  # noqa: S608 - constants
        values: list[Any] = [list(column) for column in zip(*lines, strict=True)]
    else:
        source = f"VALUES {', '.join([f'({rows.in_list(lines[0])})'] * len(lines))}"
        values = [value for line in lines for value in line]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO points_expirynotice ({', '.join(_COLUMNS)}) {source} "
            "ON CONFLICT DO NOTHING RETURNING account_id, id",
            values,
        )
        return [(account, notice) for account, notice in cursor.fetchall()]


def _fact(day: _Day, due: _Due, total: int) -> Fact:
    first = due.items[0]
    last_day = (first.deadline.astimezone(day.zone) - timedelta(microseconds=1)).date()
    return Fact(
        member_id=due.member,
        kind=Notice.Kind.POINTS_EXPIRING,
        # The first part names it: no two notices of a member begin with the same end and stage.
        reference=f"expiring:{first.stage}:{first.deadline:%Y%m%d%H%M}",
        context={
            "points": total,
            "day": last_day.isoformat(),
            "days": first.days_left,
            "stays": max(due.stays - total, 0),
            "yuan": str(in_yuan(total, day.rate)),
            "details": _details(day, due.items),
        },
        link=day.link,
        points=total,
    )


def _details(day: _Day, items: list[Item]) -> str:
    """Each part with its last day, in figures alone, so that it reads in any language."""
    if len(items) == 1:
        return ""
    return "; ".join(
        f"{item.points:,} · "
        f"{(item.deadline.astimezone(day.zone) - timedelta(microseconds=1)).date().isoformat()}"
        for item in items[:10]
    )
