"""Giving time to members whom a clearing passed over, since nobody had told them.

What had lapsed of their points is booked and granted anew through a day that the merchant names;
from then on they are reminded as everybody is.
"""

from collections.abc import Iterator
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone

from points.exceptions import ClearingStateWrong, UndoDayInvalid
from points.models import ClearingPlan, ClearingRun, ClearingSkip
from points.policies.clearing import ends_after
from points.services import rows
from points.services.book import WINDOW
from points.services.clearing import engine, undoing
from points.services.clearing.engine import Order
from points.services.clearing.undoing import Terms

SOURCE = "clearing_extended"


def extend(*, plan_id: int, counts_through: date, actor: str, at: datetime) -> tuple[int, int]:
    """Let the lapsed points of those who were passed over count through a day; members, points.

    Works in windows of accounts, each its own transaction; again, it finds nothing left to do.
    Points without an end need no time: they count still. Raises `ClearingStateWrong` unless the
    clearing is done, `UndoDayInvalid`.
    """
    plan = ClearingPlan.objects.get(pk=plan_id)
    if plan.state != ClearingPlan.State.DONE or plan.scope.basis != "lapsed":
        raise ClearingStateWrong(state=plan.get_state_display())
    if counts_through <= timezone.localdate(at):
        raise UndoDayInvalid
    last = plan.runs.order_by("-pk").first()
    run = ClearingRun.objects.create(plan=plan, cutoff_at=plan.cutoff_at, started_at=at)
    until = ends_after(counts_through, ZoneInfo(timezone.get_default_timezone_name()))
    terms = Terms(plan, until, actor, SOURCE, f"{SOURCE}:{run.pk}")
    members = points = after = 0
    for accounts in _windows(last):
        with transaction.atomic():
            engine.book_accounts(_order(plan, run, at), accounts)
            _last, back = undoing.give_back(terms, [f"expire:{run.pk}"], after=after, now=at)
        after = accounts[-1]
        members, points = members + len(back), points + sum(one.points for one in back)
    run.finished_at = at
    run.save(update_fields=["finished_at"])
    return members, points


def _windows(run: ClearingRun | None) -> Iterator[list[int]]:
    skipped = ClearingSkip.objects.filter(run=run, reason=ClearingSkip.Reason.NOT_TOLD)
    accounts = skipped.order_by("account_id").values_list("account_id", flat=True)
    # One less than a window of giving back, which must see that nothing follows.
    yield from rows.chunks(accounts.iterator(), WINDOW - 1)


def _order(plan: ClearingPlan, run: ClearingRun, at: datetime) -> Order:
    return Order(
        run=run,
        scope=plan.scope,
        at=plan.cutoff_at,
        recorded_at=at,
        source="clearing",
        told={"type": "clearing", "plan": plan.pk, "name": plan.name},
    )
