"""The mall that a preset proposes, made as drafts: nobody sees them until the merchant says so."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from campaigns.policies.presets import Preset
from campaigns.policies.presets.malls import CouponPlan, RewardPlan
from mall.models import CouponTemplate, Reward, Variant
from mall.services import catalogue, coupon_templates, stock
from members.models import Segment
from tiers.models import Level


@dataclass(slots=True)
class Made:
    """Codes of what was made, of what was there already, and of what waits for a level or a
    segment that the merchant has not made yet."""

    created: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)


def make(preset: Preset, *, actor: str, at: datetime) -> Made:
    """Make the rewards (drafts) and coupon templates (off) of a preset. One transaction.

    What has the same code already is left as the merchant has it, so it is safe to repeat. A
    reward whose level or segment is missing is not made: without its gate it would be for all.
    """
    made = Made()
    levels = {row.code: row for row in Level.objects.all()}
    segments = set(Segment.objects.values_list("code", flat=True))
    with transaction.atomic():
        templates = {
            plan.code: _template(plan, made, actor=actor, at=at) for plan in preset.mall.coupons
        }
        for plan in preset.mall.rewards:
            if Reward.objects.filter(code=plan.code).exists():
                made.kept.append(plan.code)
            elif (plan.tier and plan.tier not in levels) or (
                plan.segment and plan.segment not in segments
            ):
                made.waiting.append(plan.code)
            else:
                _reward(plan, levels.get(plan.tier), templates, actor=actor, at=at)
                made.created.append(plan.code)
    return made


def coupon_values(plan: CouponPlan) -> dict[str, Any]:
    """A template's values as its service takes them."""
    return {
        "code": plan.code,
        "name": plan.name,
        "name_en": plan.name_en,
        "kind": plan.kind,
        "amount": plan.amount,
        "percent": plan.percent,
        "threshold": plan.threshold,
        "days": plan.days,
        "exchange_sku": plan.exchange_sku,
        "segments": list(plan.segments),
        "public_code": plan.public_code,
    }


def _template(plan: CouponPlan, made: Made, *, actor: str, at: datetime) -> CouponTemplate:
    there = CouponTemplate.objects.filter(code=plan.code).first()
    if there is not None:
        made.kept.append(plan.code)
        return there
    values = coupon_values(plan)
    taken = CouponTemplate.objects.filter(public_code=plan.public_code)
    if plan.public_code and taken.exists():
        values["public_code"] = ""
    made.created.append(plan.code)
    return coupon_templates.save(template_id=None, values=values, actor=actor, at=at)


def _reward(
    plan: RewardPlan,
    level: Level | None,
    templates: Mapping[str, CouponTemplate],
    *,
    actor: str,
    at: datetime,
) -> Reward:
    reward = Reward.objects.create(
        code=plan.code,
        kind=plan.kind,
        state=Reward.State.DRAFT,
        name=plan.name,
        name_en=plan.name_en,
        points=plan.points,
        money=plan.money,
        market_value=plan.value,
        ever_max=plan.ever_max,
        level=level,
        segment=plan.segment,
        is_by_invitation=plan.invited,
        can_pick_up=plan.kind == Reward.Kind.PHYSICAL,
        coupon_template=templates.get(plan.coupon),
        created_at=at,
    )
    stock_up(reward, plan.stock, actor=actor, at=at)
    catalogue.saved(reward_id=reward.pk)
    return reward


def stock_up(reward: Reward, pieces: int | None, *, actor: str, at: datetime) -> Variant:
    """The only variant of a reward that a preset makes, with so many pieces; None: uncounted."""
    variant = Variant.objects.create(
        reward=reward, sku=reward.code[:64], is_counted=pieces is not None
    )
    if pieces:
        stock.restock(variant_id=variant.pk, quantity=pieces, note="", actor=actor, at=at)
    return variant
