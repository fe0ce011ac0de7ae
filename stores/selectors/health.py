"""How the installation is, in a few facts: for the overview of the back office and for monitors.

An app that has something to say registers a check when it starts. A check is cheap (a query or
two), since a monitor asks every minute.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from stores.models import JobRun
from stores.selectors import jobs


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing, in words for people and in `detail` for machines.

    `is_well` false means that somebody should look; `is_alarm` that a monitor should wake them.
    `page` is the admin page that says more, for those who have `permission`.
    """

    code: str
    label: str | Promise
    value: str
    is_well: bool
    is_alarm: bool = False
    page: str = ""
    permission: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)


Check = Callable[[datetime], Fact]
_checks: list[Check] = []


def register(check: Check) -> None:
    """Add a check; once, however often an app starts."""
    if check not in _checks:
        _checks.append(check)


def facts(now: datetime) -> list[Fact]:
    return [check(now) for check in _checks]


def of_jobs(now: datetime) -> Fact:
    """Which jobs are late, and whose last run failed."""
    lines = jobs.overview(now)
    late = [line for line in lines if line.is_late]
    failed = [line for line in lines if line.is_failed]
    words = [
        *([_("%(count)s late") % {"count": len(late)}] if late else []),
        *([_("%(count)s failed") % {"count": len(failed)}] if failed else []),
    ]
    return Fact(
        code="jobs",
        label=gettext_lazy("Jobs"),
        value=" · ".join(words) or _("all on time"),
        is_well=not words,
        is_alarm=bool(words),
        page="admin:stores_jobstate_changelist",
        permission="stores.view_jobstate",
        detail={
            "late": [line.job.name for line in late],
            "failed": [line.job.name for line in failed],
        },
    )


def last_run(name: str) -> JobRun | None:
    """The newest run of `name` that has ended, well or not."""
    ended = (JobRun.State.DONE, JobRun.State.FAILED)
    return JobRun.objects.filter(name=name, state__in=ended).order_by("-started_at").first()


def waiting(count: int) -> str:
    """`nothing waits`, `3 wait`."""
    if not count:
        return _("nothing waits")
    return ngettext("%(count)s waits", "%(count)s wait", count) % {"count": count}
