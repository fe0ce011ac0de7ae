"""P7: what an operation costs as a member, a shop and a purse grow."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from statistics import median

from django.db import transaction

from benchmarks import books, work
from benchmarks.report import Report
from points.services import batch, ledger


def _pair(
    small: Callable[[], object], large: Callable[[], object], times: int
) -> tuple[float, float]:
    """Median milliseconds of both, in turns, so that both meet the same moments of the machine."""
    took: tuple[list[float], list[float]] = ([], [])
    for _ in range(times):
        for call, times_of in zip((small, large), took, strict=True):
            start = time.perf_counter()
            call()
            times_of.append((time.perf_counter() - start) * 1000)
    return median(took[0]), median(took[1])


def _member_with(entries: int, *, lots_stay_open: bool) -> int:
    """A member with that many entries, all lots open or all but one used up."""
    member, _ = books.add_members(1)
    now = datetime.now(UTC)
    for start in range(0, entries, 500):
        with transaction.atomic():
            batch.post(
                [
                    batch.Earn(
                        member_id=member,
                        points=10,
                        reference=f"g{n}",
                        source="purchase",
                        actor="bench",
                        at=now,
                        expires_at=now + timedelta(days=1 + n % 700),
                    )
                    for n in range(start, min(start + 500, entries))
                ],
                recorded_at=now,
            )
    if not lots_stay_open:
        work.spend(member, 10 * (entries - 1))
    ledger.earn(
        member_id=member,
        points=10**9,
        reference="purse",
        source="purchase",
        actor="bench",
        at=now,
        expires_at=now + timedelta(days=900),
    )
    return member


def run(report: Report, *, ranges: dict[int, tuple[int, int]], times: int) -> None:
    report.title("Growth, one client, median ms", "what grows", "small", "large", "ratio", "goal")
    small = _member_with(10, lots_stay_open=False)
    large = _member_with(10_000, lots_stay_open=False)
    for name in ("spend", "earn", "statement page"):
        call = work.OPERATIONS[name]
        pair = _pair(partial(call, small), partial(call, large), times)
        _row(report, f"{name}: 10 to 10,000 entries", pair, "≤ 1.2")
    one, thousand = (_member_with(n, lots_stay_open=True) for n in (1, 1000))
    pair = _pair(partial(work.spend, one, 1), partial(work.spend, thousand, 1), times)
    _row(report, "spend: 1 to 1,000 open lots", pair, "≤ 1.1")
    few, many = _pair(
        partial(work.spend_and_restore_of, thousand, 10),
        partial(work.spend_and_restore_of, thousand, 2010),
        max(times // 10, 20),
    )
    each = (many - few) / 400 * 1000  # 200 lots more are taken, and 200 more put back
    report.row("per lot taken or put back", "", f"{each:.0f} µs", "", "P7 ≤ 80 µs")
    (few_members, small_range), (many_members, large_range) = sorted(ranges.items())
    for name in ("spend", "earn", "statement page"):
        call = work.OPERATIONS[name]
        pair = _pair(partial(_any, call, small_range), partial(_any, call, large_range), times)
        _row(report, f"{name}: {few_members:,} to {many_members:,} members", pair, "≤ 1.5")
    for name, call in work.DOORS.items():
        pair = _pair(partial(_any, call, small_range), partial(_any, call, large_range), times // 4)
        _row(report, f"{name}: {few_members:,} to {many_members:,} members", pair, "≤ 1.5")


def _any(call: Callable[[int], object], members: tuple[int, int]) -> None:
    call(work.pick(*members))


def _row(report: Report, name: str, pair: tuple[float, float], goal: str) -> None:
    small, large = pair
    report.row(name, f"{small:.3f}", f"{large:.3f}", f"{large / small:.2f}", f"P7 {goal}")
