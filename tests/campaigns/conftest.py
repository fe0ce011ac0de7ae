"""A program, a shop and a member for the tests of the rules' services and doors."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from campaigns.models import EarningRule, EarningRuleVersion
from campaigns.policies.programs import RuleTerms
from campaigns.services import rules
from members.models import Member
from stores.models import Store
from tests import cast

NOON = datetime(2026, 3, 6, 4, 0, tzinfo=UTC)
"""Noon in Shanghai on an ordinary Friday."""


def draft(*made: RuleTerms, **values: Any) -> EarningRuleVersion:
    """A draft with these rules; the basic rate is one point per yuan unless told otherwise."""
    version = EarningRuleVersion.objects.create(
        **({"name": "Basic", "starts_at": NOON - timedelta(days=300)} | values)
    )
    for position, one in enumerate(made):
        add(version, one, position)
    return version


def add(version: EarningRuleVersion, one: RuleTerms, position: int = 0) -> EarningRule:
    return EarningRule.objects.create(
        version=version,
        position=position,
        key=one.key,
        name=one.name,
        name_en=one.name_en,
        trigger=one.trigger,
        code=one.code,
        effect=one.effect,
        combine=one.combine,
        is_multiplied=one.is_multiplied,
        points=one.points,
        yuan=one.yuan,
        factor=one.factor,
        bands=list(one.bands),
        conditions=list(one.conditions),
        limits=list(one.limits),
        validity=dict(one.validity),
        timing=dict(one.timing),
    )


def published(*made: RuleTerms, **values: Any) -> EarningRuleVersion:
    """A version that has long been in force."""
    return rules.publish(
        version=draft(*made, **values),
        by=None,
        now=NOON - timedelta(days=290),
        reason="test",
        short_notice_reason="test",
    )


@pytest.fixture
def store(db: None) -> Store:
    return Store.objects.create(code="S1", name="西湖店")


@pytest.fixture
def lin(db: None) -> Member:
    return cast.member()
