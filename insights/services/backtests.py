"""Back-tests: asked for, worked off in the background, and told to the draft (F110, N24).

A back-test reads and judges; but for its own row it writes nothing, and on PostgreSQL the
database sees to that: every window is read in a transaction that may not write.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import connection, transaction
from django.db.models import Q

from campaigns.models import EarningRuleVersion
from campaigns.selectors import problems, rules
from campaigns.services import rules as publishing
from insights import exceptions
from insights.models import BacktestRun
from insights.policies.backtests import Backtest, Pair, Result
from insights.selectors import purchases
from insights.selectors.purchases import Period
from points.selectors import balances

# A run that has been silent for so long belongs to a process that is gone.
SILENCE = timedelta(minutes=2)
_MAX_DAYS = 3_660
_TELL_SECONDS = 0.5

Progress = Callable[[int, int], None]


def request(
    *,
    version: EarningRuleVersion,
    starts_at: datetime,
    ends_at: datetime,
    by: AbstractBaseUser | None,
    now: datetime,
    days: int | None = None,
) -> BacktestRun:
    """Ask for a back-test of a draft against the version in force at `now`.

    Raises `PeriodInvalid`, `NotADraft` or `DraftInvalid`.
    """
    if not timedelta(0) < ends_at - starts_at <= timedelta(days=_MAX_DAYS):
        raise exceptions.PeriodInvalid
    if version.is_published:
        raise exceptions.NotADraft
    if wrong := list(problems.of_program(rules.terms_of(version))):
        raise exceptions.DraftInvalid(reason=problems.told(wrong))
    return BacktestRun.objects.create(
        version=version,
        live=rules.in_force(now),
        days=days,
        starts_at=starts_at,
        ends_at=ends_at,
        requested_by_id=by.pk if by is not None else None,
        requested_at=now,
    )


def request_days(
    *, version: EarningRuleVersion, days: int, by: AbstractBaseUser | None, now: datetime
) -> BacktestRun:
    """As `request`, over the last `days` days."""
    if not 1 <= days <= _MAX_DAYS:
        raise exceptions.PeriodInvalid
    return request(
        version=version,
        starts_at=now - timedelta(days=days),
        ends_at=now,
        by=by,
        now=now,
        days=days,
    )


def open_runs(*, now: datetime) -> list[int]:
    """Runs that wait, or whose worker is gone."""
    stale = Q(state=BacktestRun.State.RUNNING, heartbeat_at__lt=now - SILENCE)
    rows = BacktestRun.objects.filter(Q(state=BacktestRun.State.WAITING) | stale)
    return list(rows.order_by("pk").values_list("pk", flat=True))


def cancel(*, run_id: int, now: datetime) -> bool:
    """Stop a run at its next sign of life; whether there was something to stop."""
    open_states = (BacktestRun.State.WAITING, BacktestRun.State.RUNNING)
    return bool(
        BacktestRun.objects.filter(pk=run_id, state__in=open_states).update(
            state=BacktestRun.State.CANCELLED, finished_at=now
        )
    )


def work(*, run_id: int, now: datetime, progress: Progress | None = None) -> BacktestRun | None:
    """Play a run from the beginning to its end; None when another process has it.

    Its row tells the progress twice a second. A run that a person cancels stops; one that fails
    says why, and raises.
    """
    if not _claim(run_id, now):
        return None
    run = BacktestRun.objects.select_related("version", "live").get(pk=run_id)
    clock = time.monotonic()
    try:
        _play(run, now, clock, progress)
    except Exception as error:
        _end(run, BacktestRun.State.FAILED, now, clock, error=f"{type(error).__name__}: {error}")
        raise
    return run


def _claim(run_id: int, now: datetime) -> bool:
    stale = Q(state=BacktestRun.State.RUNNING) & (
        Q(heartbeat_at=None) | Q(heartbeat_at__lt=now - SILENCE)
    )
    return bool(
        BacktestRun.objects.filter(Q(state=BacktestRun.State.WAITING) | stale, pk=run_id).update(
            state=BacktestRun.State.RUNNING, heartbeat_at=now, done=0, error=""
        )
    )


def _play(run: BacktestRun, now: datetime, clock: float, progress: Progress | None) -> None:
    terms = rules.terms_of(run.version)
    run.mark = rules.mark_of(terms)
    draft = rules.program_of(run.version)
    live = rules.program_of(run.live) if run.live is not None else None
    backtest = Backtest(live=live, draft=draft)
    period = Period(run.starts_at, run.ends_at, run.requested_at)
    run.total = purchases.judged(period).count()
    teller = _Teller(run, now, clock, progress)
    programs = [program for program in (live, draft) if program is not None]
    for count, bought in purchases.by_member(period, programs, reading=reading):
        backtest.add(bought)
        if not teller.tell(count):
            return
    run.result = _result_json(backtest.result)
    run.done = run.total
    if _end(run, BacktestRun.State.DONE, now, clock):
        publishing.note_backtest(
            version_id=run.version_id,
            mark=run.mark,
            change=backtest.result.total.change,
            at=now,
        )


class _Teller:
    """Tells how far the run is, and notices that it was cancelled."""

    def __init__(
        self, run: BacktestRun, now: datetime, clock: float, progress: Progress | None
    ) -> None:
        self.run = run
        self.now = now
        self.clock = clock
        self.progress = progress
        self.told = clock

    def tell(self, count: int) -> bool:
        self.run.done += count
        if self.progress is not None:
            self.progress(self.run.done, self.run.total or 0)
        tick = time.monotonic()
        if tick - self.told < _TELL_SECONDS:
            return True
        self.told = tick
        return bool(
            BacktestRun.objects.filter(pk=self.run.pk, state=BacktestRun.State.RUNNING).update(
                done=self.run.done,
                total=self.run.total,
                heartbeat_at=self.now + timedelta(seconds=tick - self.clock),
            )
        )


def _end(
    run: BacktestRun,
    state: BacktestRun.State,
    now: datetime,
    clock: float,
    *,
    error: str = "",
) -> bool:
    seconds = time.monotonic() - clock
    run.state = state
    run.error = error[:300]
    run.seconds = Decimal(round(seconds * 10)) / 10
    run.finished_at = now + timedelta(seconds=seconds)
    fields = ("state", "error", "seconds", "finished_at", "result", "mark", "done", "total")
    return bool(
        BacktestRun.objects.filter(pk=run.pk, state=BacktestRun.State.RUNNING).update(
            **{name: getattr(run, name) for name in fields}
        )
    )


@contextmanager
def reading() -> Iterator[None]:
    with transaction.atomic():
        if connection.vendor == "postgresql" and not _is_nested():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION READ ONLY")
        yield


def _is_nested() -> bool:
    """Inside of somebody else's transaction (a test's) it is not ours to bind."""
    return bool(connection.savepoint_ids)


def _result_json(result: Result) -> dict[str, Any]:
    worth = balances.ledger_settings().points_per_yuan
    return {
        "points_per_yuan": worth,
        "members": result.members,
        "better": result.better,
        "worse": result.worse,
        "turnover": f"{Decimal(result.total.base) / 10_000:.2f}",
        "total": result.total.as_json(),
        "by_tier": _rows(result.by_tier),
        "by_store": _rows(result.by_store),
        "by_category": _rows(result.by_category),
        "best": [_extreme(change, rest) for change, *rest in sorted(result.best, reverse=True)],
        "worst": [_extreme(-change, rest) for change, *rest in sorted(result.worst, reverse=True)],
        "faults": result.faults,
    }


def _rows(pairs: dict[Any, Pair]) -> list[dict[str, Any]]:
    """The hundred groups in which most changes, largest first."""
    ordered = sorted(pairs.items(), key=lambda item: (-abs(item[1].change), str(item[0])))
    return [{"key": key} | pair.as_json() for key, pair in ordered[:100]]


def _extreme(change: int, rest: list[int]) -> dict[str, int]:
    member_id, live, draft = rest
    return {"change": change, "member": -member_id, "live": live, "draft": draft}
