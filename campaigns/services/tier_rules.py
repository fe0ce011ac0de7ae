"""A rule for a level, put into a draft: what it gives takes effect when somebody publishes it."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction

from campaigns.models import EarningRule, EarningRuleVersion
from campaigns.selectors import rules as found
from campaigns.services import drafts, rules

MULTIPLIER, BIRTHDAY = "multiplier", "birthday"


def add(
    *,
    level_code: str,
    level_name: str,
    level_name_en: str,
    gives: str,
    amount: Decimal,
    draft: EarningRuleVersion | None,
    starts_at: datetime,
    now: datetime,
) -> EarningRule:
    """Add to `draft` that members of a level earn `amount` times the points of a purchase
    (`multiplier`), or get so many points on their birthday (`birthday`).

    Without a draft one is made, a copy of the program in force that starts at `starts_at`.
    Locks the draft. Raises `AlreadyPublished`.
    """
    with transaction.atomic():
        version = draft or _new_draft(level_name, starts_at, now)
        is_birthday = gives == BIRTHDAY
        english = level_name_en or level_code
        rule = EarningRule(
            version=version,
            name=f"{level_name}生日礼" if is_birthday else f"{level_name}积分加倍",
            name_en=f"{english}: birthday gift" if is_birthday else f"{english}: more points",
            trigger=EarningRule.Trigger.BIRTHDAY if is_birthday else EarningRule.Trigger.PURCHASE,
            effect=EarningRule.Effect.FIXED if is_birthday else EarningRule.Effect.MULTIPLIER,
            conditions=[{"kind": "tier", "in": [level_code]}],
        )
        if is_birthday:
            rule.points = int(amount)
            rule.timing = {"kind": "at_once"}
        else:
            rule.factor = amount
        return drafts.save_rule(rule=rule)


def _new_draft(level_name: str, starts_at: datetime, now: datetime) -> EarningRuleVersion:
    name = f"{level_name}等级权益"
    current = found.in_force(now)
    if current is not None:
        return rules.copy(version=current, name=name, starts_at=starts_at)
    return EarningRuleVersion.objects.create(name=name, starts_at=starts_at)
