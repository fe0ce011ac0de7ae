"""A worker's way into a clearing: whatever it waits for."""

from datetime import datetime

from points.models import ClearingPlan
from points.services.clearing import plans, undoing
from points.services.clearing.engine import Progress


def work(*, plan_id: int, now: datetime, progress: Progress | None = None) -> ClearingPlan | None:
    """Rehearse, run or undo the plan; None when there is nothing to do, or another does it."""
    state = ClearingPlan.objects.values_list("state", flat=True).get(pk=plan_id)
    if state == ClearingPlan.State.UNDOING:
        return undoing.work(plan_id=plan_id, now=now, progress=progress)
    return plans.work(plan_id=plan_id, now=now, progress=progress)
