"""The rules page says every setting of points as money, in both languages."""

from decimal import Decimal
from typing import Any

import pytest
from django.utils import translation

from campaigns.models import EarningRuleVersion
from campaigns.selectors import rulebook
from points.models import LedgerSettings
from sales.models import CheckoutSettings
from sales.services import checkout_settings
from stores.models import Category
from tests.sales.conftest import NOON, publish

pytestmark = pytest.mark.django_db

# Field: what to set besides that points are money.
CHANGES: dict[str, Any] = {
    "is_on": False,
    "points_min": 100,
    "points_step": 100,
    "order_min": Decimal(50),
    "order_cap": Decimal(20),
    "order_share": 50,
    "balance_share": 40,
    "pays_freight": True,
    "excluded": {"category": ["wine"], "label": ["special"], "sku": ["A1"]},
}


def texts(language: str) -> list[str]:
    version = EarningRuleVersion.objects.first() or publish()
    with translation.override(language):
        reading = rulebook.read(rulebook.book_of(version))
    return [clause.text for section in reading.sections for clause in section.clauses]


def test_every_setting_is_in_these_tests() -> None:
    fields = {field.name for field in CheckoutSettings._meta.concrete_fields}
    assert fields == {"id", *CHANGES}


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("field", CHANGES)
def test_the_page_says_each_setting(field: str, language: str) -> None:
    Category.objects.create(code="wine", name="酒")
    checkout_settings.change(at=NOON, is_on=True)
    before = texts(language)

    checkout_settings.change(at=NOON, **{field: CHANGES[field]})

    assert texts(language) != before


@pytest.mark.parametrize("field", ["hold_minutes", "points_per_yuan", "restore_grace_days"])
def test_the_page_says_what_the_ledger_has_of_it(field: str) -> None:
    checkout_settings.change(at=NOON, is_on=True)
    before = texts("zh-hans")
    LedgerSettings.objects.create(**{field: 7})

    assert texts("zh-hans") != before


def test_the_example_is_the_engines_own() -> None:
    checkout_settings.change(at=NOON, is_on=True, order_share=50, order_cap=Decimal(30))

    text = next(one for one in texts("en") if "Whoever has" in one)
    assert text == (
        "Points can be used as money at the checkout: 100 points pay ¥1. Whoever has 10,000 "
        "points and buys for ¥100.00 can use 3,000 of them and pays ¥70.00."
    )


def test_a_category_is_called_by_its_name() -> None:
    Category.objects.create(code="wine", name="酒")
    checkout_settings.change(at=NOON, is_on=True, excluded={"category": ["wine"]})

    assert any("酒" in one for one in texts("en"))


def test_what_is_off_says_nothing_of_limits() -> None:
    checkout_settings.change(at=NOON, is_on=False, order_share=50)

    assert "Points cannot be used as money at the checkout." in texts("en")
    assert not any("50 %" in one for one in texts("en"))
