"""What becomes of growth and levels when two accounts become one, or one is erased."""

from datetime import datetime

from django.db import transaction

from points.services import batch
from tiers.models import GrowthCorrection, GrowthDay, Standing, StandingChange, UpgradeGift
from tiers.policies import standings
from tiers.policies.growth import Figures
from tiers.policies.standings import Change, Why
from tiers.services import writing
from tiers.services.climbing import Climb


def merge(*, kept_id: int, gone_id: int, at: datetime, actor: str) -> None:
    """Move everything of levels from the account that goes to the one that is kept.

    Growth of the same day adds up; the higher standing wins, with its period; the history of
    both is kept, and so are gifts that were given: the same gift twice stays given twice, but
    does not come a third time. Together the growth may reach more, which counts at once.
    Locks both accounts, in the order of their ids. Again, it changes nothing.
    """
    with transaction.atomic():
        batch.lock(sorted((kept_id, gone_id)), at=at)
        higher = _higher(kept_id, gone_id, at)
        days = {
            (kept_id, row.day): Figures(row.spent, row.bought, row.acted, row.adjusted)
            for row in GrowthDay.objects.filter(member_id=gone_id)
        }
        writing.add_days(days)
        GrowthDay.objects.filter(member_id=gone_id).delete()
        GrowthCorrection.objects.filter(member_id=gone_id).update(member_id=kept_id)
        StandingChange.objects.filter(member_id=gone_id).update(member_id=kept_id)
        Standing.objects.filter(member_id=gone_id).delete()
        _move_gifts(kept_id, gone_id)
        _stand(kept_id, higher, at=at, actor=actor)


def erase(*, member_id: int, at: datetime) -> None:
    """Forget what staff wrote about a member. Levels and growth hold no personal data: they stay
    under the pseudonym, as the ledger does."""
    GrowthCorrection.objects.filter(member_id=member_id).update(reason="", note="")
    StandingChange.objects.filter(member_id=member_id).update(reason="")


def _higher(kept_id: int, gone_id: int, at: datetime) -> standings.Standing | None:
    """The standing of the account that goes, if it is the higher one."""
    climb = Climb(at=at, actor="").load([kept_id, gone_id])
    if climb.ladder is None:
        return None
    kept, gone = (climb.climbers[pk].standing for pk in (kept_id, gone_id))
    is_higher = climb.ladder.at(gone.level_id).rank > climb.ladder.at(kept.level_id).rank
    return gone if is_higher else None


def _move_gifts(kept_id: int, gone_id: int) -> None:
    """Gifts of the other account count for this one; one of two that both stand is closed."""
    own = UpgradeGift.objects.filter(member_id=kept_id)
    had = set(own.filter(taken_back_at__isnull=True).values_list("level_id", "period"))
    last: dict[tuple[int, int], int] = {}
    for level_id, period, nth in own.values_list("level_id", "period", "nth"):
        last[level_id, period] = max(last.get((level_id, period), 0), nth)
    for row in UpgradeGift.objects.filter(member_id=gone_id).order_by("nth"):
        key = (row.level_id, row.period)
        last[key] = last.get(key, 0) + 1
        # Its entry stays with the other account, so no return can take it back any more.
        row.member_id, row.nth, row.cause = kept_id, last[key], ""
        if row.taken_back_at is None and key in had:
            row.taken_back_at = row.given_at
        row.save(update_fields=["member", "nth", "cause", "taken_back_at"])


def _stand(kept_id: int, higher: standings.Standing | None, *, at: datetime, actor: str) -> None:
    climb = Climb(at=at, actor=actor).load([kept_id])
    if climb.ladder is None:
        return
    if higher is not None:
        growth = climb.climbers[kept_id].sums.growth
        climb.put(kept_id, Change(Why.MERGED, higher, growth))
    else:
        climb.settle()
    climb.save()
