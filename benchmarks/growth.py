"""P7: what an operation costs as a member, a shop and a purse grow."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from statistics import median

from benchmarks import books, work
from benchmarks.report import Report
from points.services import batch, ledger


def _milliseconds(call: Callable[[], object], times: int) -> float:
    took = []
    for _ in range(times):
        start = time.perf_counter()
        call()
        took.append((time.perf_counter() - start) * 1000)
    return median(took)


def _member_with(entries: int, *, lots_stay_open: bool) -> int:
    """A member with that many entries, all lots open or all but one used up."""
    from django.db import transaction

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
        operation = work.OPERATIONS[name]
        a = _milliseconds(lambda op=operation: op(small), times)  # type: ignore[misc]
        b = _milliseconds(lambda op=operation: op(large), times)  # type: ignore[misc]
        _row(report, f"{name}: 10 to 10,000 entries", a, b, "≤ 1.2")
    one, thousand = (_member_with(n, lots_stay_open=True) for n in (1, 1000))
    a = _milliseconds(lambda: work.spend(one, 1), times)
    b = _milliseconds(lambda: work.spend(thousand, 1), times)
    _row(report, "spend: 1 to 1,000 open lots", a, b, "≤ 1.1")
    many = _milliseconds(lambda: work.spend_and_restore_of(thousand, 2000), max(times // 20, 5))
    few = _milliseconds(lambda: work.spend_and_restore_of(thousand, 10), max(times // 20, 5))
    report.say(f"per lot used (spend and restore of 200 lots): {(many - few) / 199 * 1000:.0f} µs")
    (small_members, (low, high)), (large_members, (low2, high2)) = sorted(ranges.items())
    for name in ("spend", "earn", "statement page"):
        operation = work.OPERATIONS[name]
        a = _milliseconds(lambda op=operation: op(work.pick(low, high)), times)  # type: ignore[misc]
        b = _milliseconds(lambda op=operation: op(work.pick(low2, high2)), times)  # type: ignore[misc]
        _row(report, f"{name}: {small_members:,} to {large_members:,} members", a, b, "≤ 1.5")


def _row(report: Report, name: str, small: float, large: float, goal: str) -> None:
    report.row(name, f"{small:.3f}", f"{large:.3f}", f"{large / small:.2f}", f"P7 {goal}")
