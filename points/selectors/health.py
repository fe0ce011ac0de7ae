"""What the ledger tells the overview and monitors about itself."""

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from points.models import Adjustment
from stores.models import JobRun
from stores.selectors import health
from stores.selectors.health import Fact


def of_ledger(now: datetime) -> Fact:
    """What the last audit of the whole ledger found. That none has run yet is no breach."""
    run = health.last_run("points.verify_ledger")
    is_clean = run is None or run.state == JobRun.State.DONE
    return Fact(
        code="ledger",
        label=gettext_lazy("Audit of the ledger"),
        value=_told(run),
        is_well=is_clean,
        is_alarm=not is_clean,
        page="admin:stores_jobrun_changelist",
        permission="stores.view_jobrun",
        detail={
            "clean": is_clean if run is not None else None,
            "at": run.started_at.isoformat() if run is not None else None,
        },
    )


def _told(run: JobRun | None) -> str:
    if run is None:
        return _("has not run yet")
    at = f"{timezone.localtime(run.started_at):%m-%d %H:%M}"
    if run.state == JobRun.State.DONE:
        return _("in order (%(at)s)") % {"at": at}
    return _("not in order (%(at)s)") % {"at": at}


def of_approvals(now: datetime) -> Fact:
    """Adjustments that wait for a second person."""
    count = Adjustment.objects.filter(state=Adjustment.State.WAITING).count()
    return Fact(
        code="approvals",
        label=gettext_lazy("Adjustments to approve"),
        value=health.waiting(count),
        is_well=not count,
        page="admin:points_adjustment_changelist",
        permission="points.approve_adjustment",
        detail={"waiting": count},
    )
