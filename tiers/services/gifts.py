"""Points for reaching a level: once, whatever races, and taken back with the level."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from points.policies import DebtPolicy, start_of_day
from points.selectors import balances
from points.services import batch
from stores.selectors.arrays import among
from tiers.models import LevelBenefit, StandingChange, UpgradeGift
from tiers.policies.ladders import Ladder, Step
from tiers.policies.standings import Why

SOURCE = "tier_gift"
_EVER = 0
_TOP = 10**6


@dataclass(frozen=True, slots=True)
class _Due:
    member_id: int
    step: Step
    change: StandingChange


def settle(ladder: Ladder, changes: Sequence[StandingChange], *, at: datetime, actor: str) -> None:
    """Give what these changes of level give, and take back what an undone one gave.

    The caller holds the lock of the members' accounts. Every level that a member passes gives
    its own gift. No query while no level went up or was undone; three when nothing is given.
    """
    raised = [c for c in changes if c.why in (Why.RAISED, Why.INVITED, Why.GIVEN)]
    undone = [c for c in changes if c.why == Why.UNDONE]
    if raised:
        _give(ladder, raised, at=at, actor=actor)
    if undone:
        _take_back(ladder, undone, at=at, actor=actor)


def _give(ladder: Ladder, raised: Sequence[StandingChange], *, at: datetime, actor: str) -> None:
    benefits = {row.level_id: row for row in LevelBenefit.objects.filter(kind="upgrade_gift")}
    due = [
        _Due(change.member_id, step, change)
        for change in raised
        for step in ladder.passed(ladder.at(change.before_id), ladder.at(change.after_id))
        if step.id in benefits
    ]
    if not due:
        return
    had = _had({one.member_id for one in due})
    gifts: dict[tuple[int, int, int], UpgradeGift] = {}
    for one in due:
        params = benefits[one.step.id].params
        period = _period(params, at)
        stands, nth = had.get((one.member_id, one.step.id, period), (False, 0))
        if stands:
            continue
        gifts[one.member_id, one.step.id, period] = UpgradeGift(
            member_id=one.member_id,
            level_id=one.step.id,
            period=period,
            nth=nth + 1,
            points=params["points"],
            reference=f"tier-gift:{one.step.id}:{period}:{nth + 1}",
            cause=one.change.cause,
            given_at=at,
        )
    made = UpgradeGift.objects.bulk_create(gifts.values())
    by_id = {step.id: step for step in ladder.steps}
    orders: list[batch.Order] = [
        _order(gift, by_id[gift.level_id], benefits[gift.level_id].params, at, actor)
        for gift in made
    ]
    if orders:
        batch.post(orders, recorded_at=at)


def _had(member_ids: set[int]) -> dict[tuple[int, int, int], tuple[bool, int]]:
    """Whether a gift stands, and how many there have been, by member, level and period."""
    had: dict[tuple[int, int, int], tuple[bool, int]] = {}
    rows = UpgradeGift.objects.filter(among("member_id", member_ids))
    for row in rows:
        key = (row.member_id, row.level_id, row.period)
        stands, nth = had.get(key, (False, 0))
        had[key] = (stands or row.taken_back_at is None, max(nth, row.nth))
    return had


def _period(params: dict[str, object], at: datetime) -> int:
    if params.get("repeat") != "year":
        return _EVER
    return at.astimezone(timezone.get_default_timezone()).year


def _order(
    gift: UpgradeGift, step: Step, params: dict[str, int], at: datetime, actor: str
) -> batch.Earn:
    zone = timezone.get_default_timezone()
    day = at.astimezone(zone).date()
    expires_at = start_of_day(day + timedelta(days=params["days"]), zone)
    return batch.Earn(
        member_id=gift.member_id,
        points=gift.points,
        reference=gift.reference,
        source=SOURCE,
        actor=actor,
        at=at,
        expires_at=expires_at,
        explanation={
            "type": "tier_gift",
            "tier": step.code,
            "cause": gift.cause,
            "result": gift.points,
        },
    )


def _take_back(
    ladder: Ladder, undone: Sequence[StandingChange], *, at: datetime, actor: str
) -> None:
    """The gifts of levels that their own purchase's return has undone go with them."""
    left = {(c.member_id, c.cause): ladder.at(c.after_id).rank for c in undone if c.cause}
    members = {change.member_id for change in undone}
    rows = UpgradeGift.objects.filter(among("member_id", members), taken_back_at__isnull=True)
    gone = [
        row
        for row in rows
        if ladder.at(row.level_id).rank > left.get((row.member_id, row.cause), _TOP)
    ]
    policy = DebtPolicy(balances.ledger_settings().debt_policy)
    orders: list[batch.Order] = [
        batch.ClawBack(
            member_id=row.member_id,
            points=row.points,
            reference=f"{row.reference}:back",
            source=SOURCE,
            actor=actor,
            at=at,
            of_reference=row.reference,
            debt_policy=policy,
            explanation={"type": "tier_gift_back", "cause": row.cause, "result": row.points},
        )
        for row in gone
    ]
    if orders:
        batch.post(orders, recorded_at=at)
        UpgradeGift.objects.filter(pk__in=[row.pk for row in gone]).update(taken_back_at=at)
