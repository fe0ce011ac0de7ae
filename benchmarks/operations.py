"""P1, P14: the everyday operations beside their floor, in alternating slices."""

from statistics import median

from django.db import connection
from django.test.utils import CaptureQueriesContext

from benchmarks import work
from benchmarks.clients import Clients, PgBench
from benchmarks.report import Report

GOALS = {
    "earn": "P1 ≥ 0.75",
    "spend": "P1 ≥ 0.75",
    "hold + capture": "P1 ≥ 0.75",
    "spend + restore": "P1 ≥ 0.75",
    "statement page": "",
}


def queries(operation: str, member: int) -> int:
    work.OPERATIONS[operation](member)
    with CaptureQueriesContext(connection) as context:
        work.OPERATIONS[operation](member)
    return len(context)


def run(
    report: Report, *, url: str, first: int, last: int, clients: int, rounds: int, seconds: float
) -> None:
    report.title(
        f"Operations, {clients} clients, {rounds} rounds of {seconds:g} s, "
        f"{last - first + 1:,} members",
        "operation",
        "ours/s",
        "floor/s",
        "ratio",
        "CPU µs",
        "p99 ms",
        "queries",
        "goal",
    )
    floor = PgBench(url, clients)
    product = Clients(clients)
    for name in work.OPERATIONS:
        product.run(name, 0.5, first, last)
        ours, theirs = [], []
        for turn in range(rounds):
            for mine in (True, False) if turn % 2 else (False, True):
                if mine:
                    ours.append(product.run(name, seconds, first, last))
                else:
                    theirs.append(floor.run(name, seconds, first, last))
        ratios = [a.per_second / b.per_second for a, b in zip(ours, theirs, strict=True)]
        report.row(
            name,
            f"{median(s.per_second for s in ours):,.0f}",
            f"{median(s.per_second for s in theirs):,.0f}",
            f"{median(ratios):.2f}",
            f"{median(s.cpu_us for s in ours):,.0f}",
            f"{median(s.percentile(0.99) for s in ours):.1f}",
            queries(name, first),
            GOALS[name],
        )
    product.close()
