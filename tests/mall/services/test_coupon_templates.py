"""Templates: what may be kept, what is tidied, who changed what, and how it reads."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from mall.exceptions.coupons import TemplateInvalid
from mall.models import CouponTemplate
from mall.selectors import coupon_words, coupons
from mall.services import coupon_templates
from stores.models import Article, Category
from tests.mall.making import DAY, NOON, issued, person, shop, template

pytestmark = pytest.mark.django_db


def save(template_id: int | None = None, at: datetime = NOON, **values: Any) -> CouponTemplate:
    usual: dict[str, Any] = {
        "code": "hundred",
        "name": "满百减二十",
        "kind": "threshold",
        "amount": Decimal(20),
        "threshold": Decimal(100),
        "days": 30,
    }
    content = usual | values if template_id is None else values
    return coupon_templates.save(template_id=template_id, values=content, actor="staff:1", at=at)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"amount": Decimal(0)}, "amount"),
        ({"amount": Decimal(-1)}, "amount"),
        ({"amount": Decimal("1e9")}, "amount"),
        ({"threshold": Decimal(0)}, "threshold"),
        ({"amount": Decimal(101)}, "amount"),
        ({"kind": "percent", "percent": Decimal(0)}, "percent"),
        ({"kind": "percent", "percent": Decimal(101)}, "percent"),
        ({"kind": "exchange"}, "exchange_sku"),
        ({"kind": "nonsense"}, "kind"),
        ({"days": None}, "days"),
        ({"ends_at": NOON}, "days"),
        ({"days": None, "starts_at": NOON, "ends_at": NOON}, "ends_at"),
        ({"public_code": "a-b"}, "public_code"),
        ({"code": "No Good"}, "code"),
        ({"name": ""}, "name"),
    ],
)
def test_what_cannot_be_kept_is_refused_at_its_value(values: dict[str, Any], field: str) -> None:
    with pytest.raises(TemplateInvalid) as raised:
        save(**values)
    assert raised.value.field == field


def test_a_code_that_is_taken_is_refused() -> None:
    save(public_code="SPRING")
    with pytest.raises(TemplateInvalid) as raised:
        save(code="other", public_code="spring")
    assert raised.value.field == "public_code"
    with pytest.raises(TemplateInvalid) as raised:
        save()
    assert raised.value.field == "code"


def test_what_a_kind_has_no_use_for_is_not_kept_and_changes_are_written_down() -> None:
    row = save(kind="cash", percent=Decimal(5), cap=Decimal(3), exchange_sku="x")
    assert (row.percent, row.cap, row.exchange_sku) == (Decimal(0), None, "")
    save(row.pk, at=NOON + DAY, amount=Decimal(25), code="changed")
    save(row.pk, at=NOON + DAY)
    row.refresh_from_db()
    assert (row.code, row.amount) == ("hundred", Decimal(25))
    first, second = row.changes.order_by("pk")
    assert (first.actor, second.values) == ("staff:1", {"amount": ["20", "25"]})


def test_the_number_never_falls_below_what_is_issued() -> None:
    row = save(is_on=True, quantity=5)
    issued(person(), row, quantity=3)
    with pytest.raises(TemplateInvalid) as raised:
        save(row.pk, quantity=2)
    assert raised.value.field == "quantity"


def test_sentences_say_everything_in_both_languages() -> None:
    drinks = Category.objects.create(code="drinks", name="饮品")
    Article.objects.create(sku="latte", name="拿铁", category=drinks)
    row = template(
        kind="percent",
        percent=Decimal(20),
        cap=Decimal(50),
        threshold=Decimal(100),
        categories=["drinks"],
        skus=["latte", "gone"],
        excluded_labels=["special"],
        store_ids=[shop().pk],
        with_points=False,
        per_member=2,
        quantity=1000,
        on_return="lost",
    )
    known = coupon_words.names([row])
    with override("en"):
        assert coupon_words.sentences(row, known) == [
            "20% off from ¥100, at most ¥50.",
            "For: 饮品, 拿铁, gone.",
            "Not for: special offer.",
            "Only in: 西湖店.",
            "Valid for 30 days after the issue.",
            "Not together with other coupons.",
            "Not together with points as money.",
            "When the whole order is returned, it is lost.",
            "At most 2 for one member.",
            "1000 in all.",
        ]
    with override("zh-hans"):
        assert len(coupon_words.sentences(row, known)) == 10


@pytest.mark.parametrize(
    ("values", "figure", "sentence"),
    [
        ({"amount": Decimal("5.50")}, "¥5.50", "¥5.50 off."),
        ({"threshold": Decimal(60)}, "¥5", "¥5 off from ¥60."),
        ({"kind": "percent", "percent": Decimal("12.5")}, "12.5% off", "12.5% off."),
        ({"kind": "free_delivery"}, "free delivery", "Free delivery."),
        (
            {"kind": "free_delivery", "cap": Decimal(8), "threshold": Decimal(30)},
            "¥8",
            "Up to ¥8 of the freight from ¥30.",
        ),
        (
            {"kind": "exchange", "exchange_sku": "latte"},
            "1 piece",
            "1 × latte for nothing.",
        ),
    ],
)
def test_the_figure_of_each_kind(values: dict[str, Any], figure: str, sentence: str) -> None:
    row = template(**values)
    with override("en"):
        assert coupon_words.figure(row) == figure
        assert coupon_words.what(row, coupon_words.names([row])) == sentence


@pytest.mark.parametrize("number", [1, 3])
def test_the_wallet_takes_the_same_queries_for_one_and_three(number: int) -> None:
    owner = person()
    for _nth in range(number):
        issued(owner, template(store_ids=[shop().pk], categories=["x"]))
    with CaptureQueriesContext(connection) as queries:
        found = coupons.tickets(coupons.wallet(owner.pk, "open", NOON), NOON)
    assert (len(found), len(queries)) == (number, 3)
