"""Jobs in words. A job's code names it in logs and rows; staff read what it does.

The app that owns a job registers its label when it starts. A job that nobody has named is shown
by its code, so that rows of jobs that are gone can still be told apart.
"""

from collections.abc import Mapping

from django.utils.functional import Promise

_jobs: dict[str, str | Promise] = {}


def register_jobs(labels: Mapping[str, str | Promise]) -> None:
    """Name jobs by the code under which their runs are recorded."""
    _jobs.update(labels)


def job(code: str) -> str:
    """What the job does, in the active language; its code when nobody has named it."""
    return str(_jobs.get(code, code))


def jobs() -> list[tuple[str, str]]:
    """Every named job as (code, label), by label in the active language."""
    return sorted(((code, str(label)) for code, label in _jobs.items()), key=lambda pair: pair[1])
