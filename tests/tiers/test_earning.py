"""Levels in the rules: the multiplier that a level really gives (F05, F90)."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client

from campaigns.admin.tiers import TierRuleForm
from campaigns.models import EarningRule, EarningRuleVersion
from campaigns.selectors import verification, vocabulary
from campaigns.services import rules, tier_rules
from members.models import Member
from stores.models import Store
from tests.sales.conftest import NOON, publish, receipt, take, take_one
from tests.tiers.making import grow, ladder, level_of
from tiers.models import Level
from tiers.selectors import benefits

pytestmark = pytest.mark.django_db


@pytest.fixture
def levels(db: None) -> dict[str, Level]:
    return ladder({"basic": 0, "silver": 100, "gold": 1000})


@pytest.fixture
def double(levels: dict[str, Level]) -> EarningRuleVersion:
    """Silver earns twice, gold three times."""
    version = EarningRuleVersion.objects.create(name="Levels", starts_at=NOON - timedelta(days=700))
    for place, (code, factor) in enumerate((("silver", 2), ("gold", 3)), start=1):
        EarningRule.objects.create(
            version=version,
            key=code,
            position=place,
            name=f"{code} more",
            name_en=f"{code} more",
            effect=EarningRule.Effect.MULTIPLIER,
            factor=Decimal(factor),
            conditions=[{"kind": "tier", "in": [code]}],
        )
    return rules.publish(
        version=version,
        by=None,
        now=NOON - timedelta(days=600),
        reason="test",
        short_notice_reason="test",
    )


def test_the_purchase_that_raises_earns_as_before_and_the_next_one_more(
    store: Store, lin: Member, double: EarningRuleVersion
) -> None:
    first = take_one(store, receipt("1", "100"))
    second = take_one(store, receipt("2", "100"))
    assert (first.points, second.points) == (100, 200)
    # The level of then is in the explanation, so the past is reckoned the same for ever.
    assert second.explanation["inputs"]["person"] == {"tier": "silver"}
    grow(lin, 5000)
    assert level_of(lin) == "gold"
    assert verification.run().is_clean


def test_a_file_gives_what_single_receipts_give(
    store: Store, lin: Member, double: EarningRuleVersion
) -> None:
    outcomes = take(store, *(receipt(str(n), "50") for n in range(4)))
    assert [outcome.points for outcome in outcomes] == [50, 50, 100, 100]


def test_levels_can_be_named_in_rules_and_are_told_at_the_level(
    levels: dict[str, Level], double: EarningRuleVersion
) -> None:
    assert vocabulary.Known().values("tier") == {
        "basic": "BASIC",
        "silver": "SILVER",
        "gold": "GOLD",
    }
    told = benefits.told(list(levels.values()), at=NOON)
    assert [one.kind for one in told["basic"]] == []
    assert [one.kind for one in told["gold"]] == ["multiplier"]
    assert "3" in told["gold"][0].text


def test_a_rule_for_a_level_goes_into_a_draft(levels: dict[str, Level]) -> None:
    current = publish()
    rule = tier_rules.add(
        level_code="gold",
        level_name="金卡",
        level_name_en="Gold",
        gives=tier_rules.MULTIPLIER,
        amount=Decimal("1.5"),
        draft=None,
        starts_at=NOON + timedelta(days=1),
        now=NOON,
    )
    assert rule.version != current
    assert not rule.version.is_published
    assert rule.conditions == [{"kind": "tier", "in": ["gold"]}]
    gift = tier_rules.add(
        level_code="gold",
        level_name="金卡",
        level_name_en="Gold",
        gives=tier_rules.BIRTHDAY,
        amount=Decimal(200),
        draft=rule.version,
        starts_at=NOON,
        now=NOON,
    )
    assert (gift.version, gift.points, gift.trigger) == (rule.version, 200, "birthday")


@pytest.mark.parametrize(("gives", "amount"), [("birthday", "1.5"), ("multiplier", "101")])
def test_the_form_refuses_what_makes_no_rule(db: None, gives: str, amount: str) -> None:
    form = TierRuleForm({"gives": gives, "amount": amount})
    assert set(form.errors) == {"amount"}


def test_the_rules_page_reads_well(client: Client, double: EarningRuleVersion) -> None:
    page = client.get("/rules/").content.decode()
    assert "SILVER" in page
    assert "GOLD" in page
