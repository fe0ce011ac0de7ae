"""P8: a file of receipts through the same door as every other receipt."""

from benchmarks.report import Report


def run(report: Report, *, lines: int) -> None:
    report.say("pending")
