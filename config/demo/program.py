"""The demo's rules: three versions and a draft, each published as a careful merchant would."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import User

from campaigns.models import EarningRule, EarningRuleVersion
from campaigns.services import rules
from config.demo import levels
from config.demo.merchant import TAGS
from config.demo.people import ZONE
from insights.models import BacktestRun
from insights.services import backtests

# A change for the worse is announced a month ahead, and this one might be one for somebody.
NOTICE_OF_SECOND = timedelta(days=30)
THIRD_STARTS_IN = timedelta(days=10)
_TEST_DAYS = 60

_SECOND_RULES: tuple[Mapping[str, Any], ...] = (
    {
        "key": "member-day",
        "name": "会员日",
        "name_en": "Members' day",
        "effect": EarningRule.Effect.MULTIPLIER,
        "factor": Decimal(2),
        "conditions": [{"kind": "weekday", "in": [4]}],
    },
    {
        "key": "birthday-month",
        "name": "生日月",
        "name_en": "Birthday month",
        "effect": EarningRule.Effect.MULTIPLIER,
        "factor": Decimal("1.5"),
        "conditions": [{"kind": "birthday", "span": "month"}],
    },
    {
        "key": "new-products",
        "name": "新品尝鲜",
        "name_en": "Something new",
        "effect": EarningRule.Effect.PER_ITEM,
        "points": 20,
        "conditions": [{"kind": "label", "in": ["new"]}],
        "limits": [{"per": "order", "points": 60}],
        "validity": {"kind": "days", "count": 60},
    },
    {
        "key": "welcome",
        "name": "注册礼",
        "name_en": "Welcome",
        "trigger": EarningRule.Trigger.REGISTRATION,
        "effect": EarningRule.Effect.FIXED,
        "points": 50,
        "timing": {"kind": "at_once"},
    },
    {
        "key": "birthday-gift",
        "name": "生日礼",
        "name_en": "Birthday gift",
        "trigger": EarningRule.Trigger.BIRTHDAY,
        "effect": EarningRule.Effect.FIXED,
        "points": 188,
        "validity": {"kind": "days", "count": 30},
        "timing": {"kind": "at_once"},
    },
    {
        "key": "share",
        "name": "分享有礼",
        "name_en": "Sharing",
        "trigger": EarningRule.Trigger.SHARE,
        "effect": EarningRule.Effect.FIXED,
        "points": 5,
        "limits": [{"per": "member", "period": "day", "times": 1}],
        "timing": {"kind": "at_once"},
    },
)
_FRIENDS_RULE = {
    "key": "friends",
    "name": "茶友会",
    "name_en": "Friends of tea",
    "effect": EarningRule.Effect.MULTIPLIER,
    "factor": Decimal("1.2"),
    "conditions": [{"kind": "tag", "in": [TAGS[0]]}],
}
_DRAFT_RULES: tuple[Mapping[str, Any], ...] = (
    {
        "key": "twelfth",
        "name": "12 日喝茶",
        "name_en": "Tea on the 12th",
        "effect": EarningRule.Effect.MULTIPLIER,
        "factor": Decimal(3),
        "conditions": [
            {"kind": "day_of_month", "in": [12]},
            {"kind": "category", "in": ["tea"]},
        ],
    },
    {
        "key": "big-basket",
        "name": "满额加赠",
        "name_en": "A bigger basket",
        "effect": EarningRule.Effect.BANDS,
        "bands": [{"from": "60", "points": 30}, {"from": "120", "points": 80}],
        "limits": [{"per": "member", "period": "day", "times": 1}],
    },
)


def publish_first(*, starts_at: datetime, by: User) -> None:
    """The rule of the opening: one point a yuan."""
    version = EarningRuleVersion(
        name="消费 1 元积 1 分，半年有效",
        starts_at=starts_at,
        method=EarningRuleVersion.Method.RATIO,
        points=1,
        block_yuan=Decimal(1),
        validity=EarningRuleVersion.Validity.MONTHS,
        validity_count=6,
    )
    rules.publish(version=version, by=by, now=starts_at)


def announce_second(*, now: datetime, by: User) -> None:
    """A whole program, back-tested and announced a month before it starts."""
    version = EarningRuleVersion.objects.create(
        name="每满 10 元积 10 分，周四会员日双倍",
        starts_at=now + NOTICE_OF_SECOND,
        method=EarningRuleVersion.Method.BLOCK,
        points=10,
        block_yuan=Decimal(10),
        excluded={"label": ["special", "gift_card"]},
        ceiling=Decimal(3),
        day_cap=600,
        validity=EarningRuleVersion.Validity.MONTHS,
        validity_count=12,
        pending_days=3,
        preface="晴川茶点感谢每一次光临。积分是我们的谢意：怎么得、怎么用、何时到期，这一页都写明白。",
        preface_en=(
            "Thank you for every visit. Points are our thanks; how they are earned, used and "
            "when they lapse is all on this page."
        ),
        announcement="积分有效期由半年延长到一年，并新增周四会员日、生日月与新品加积。",
        announcement_en=(
            "Points will be valid for a year instead of half a year, with more on Thursdays, in "
            "your birthday month and for new products."
        ),
    )
    _add_rules(version, [*_SECOND_RULES, *levels.RULES])
    _publish_tested(version, now=now, by=by)


def announce_third(*, now: datetime, starts_at: datetime, by: User) -> None:
    """The program in force with something on top, so that nobody gets less."""
    latest = EarningRuleVersion.objects.published().latest("number")
    version = rules.copy(version=latest, name="茶友会多得两成", starts_at=starts_at)
    version.announcement = "茶友会会员的消费积分提高两成，可与会员日、生日月叠加，最高三倍。"
    version.announcement_en = (
        "Friends of tea earn a fifth more on what they buy, together with members' day and the "
        "birthday month up to three times."
    )
    version.save(update_fields=["announcement", "announcement_en"])
    _add_rules(version, [_FRIENDS_RULE])
    _publish_tested(version, now=now, by=by)


def draft_double_twelve(*, now: datetime, by: User) -> BacktestRun:
    """A draft that pays for its presents with bigger blocks: some get more, some less."""
    latest = EarningRuleVersion.objects.published().latest("number")
    starts_at = _next_twelfth_of_december(max(now, latest.starts_at))
    draft = rules.copy(version=latest, name="双十二", starts_at=starts_at)
    draft.points, draft.block_yuan = 20, Decimal(20)
    draft.save(update_fields=["points", "block_yuan"])
    _add_rules(draft, _DRAFT_RULES)
    return _tested(draft, now=now, by=by)


def _add_rules(version: EarningRuleVersion, added: Sequence[Mapping[str, Any]]) -> None:
    first = version.rules.count()
    EarningRule.objects.bulk_create(
        EarningRule(version=version, position=position, **values)
        for position, values in enumerate(added, start=first)
    )


def _tested(version: EarningRuleVersion, *, now: datetime, by: User) -> BacktestRun:
    run = backtests.request_days(version=version, days=_TEST_DAYS, by=by, now=now)
    backtests.work(run_id=run.pk, now=now)
    return run


def _publish_tested(version: EarningRuleVersion, *, now: datetime, by: User) -> None:
    _tested(version, now=now, by=by)
    version.refresh_from_db()
    rules.publish(version=version, by=by, now=now)


def _next_twelfth_of_december(after: datetime) -> datetime:
    year = after.astimezone(ZONE).year
    days = (datetime(year + more, 12, 12, tzinfo=ZONE) for more in range(2))
    return next(day for day in days if day > after)
