"""The rules page says every setting, in both languages, and nothing else."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.db import transaction
from django.test import Client
from django.utils import translation

from campaigns.models import EarningRule, EarningRuleVersion, RulebookEdition
from campaigns.policies.programs import RuleTerms
from campaigns.selectors import rulebook
from campaigns.services import editions, rules
from members.models import Tag
from points.models import ClearingSettings, LedgerSettings
from points.services import settings as ledger_settings
from points.services.clearing import plans
from stores.models import Category, Store
from tests.campaigns.conftest import NOON, draft

pytestmark = pytest.mark.django_db
LANGUAGES = ("zh-hans", "en")

# What is no setting that members could feel, each with its reason.
NO_SETTINGS_OF_VERSION = {
    "id": "bookkeeping",
    "number": "given at publishing; the page's own name",
    "name": "the staff's own word for a draft",
    "repairs": "which version it takes the place of; said in the page's head",
    "created_at": "bookkeeping",
    "published_at": "bookkeeping",
    "published_by": "who did it is no business of members",
    "mark": "bookkeeping",
    "tested_mark": "the merchant's own back-test",
    "tested_at": "the merchant's own back-test",
    "tested_change": "the merchant's own back-test",
    "untested_reason": "kept for the merchant's own records",
    "short_notice_reason": "kept for the merchant's own records",
}
NO_SETTINGS_OF_RULE = {
    "id": "bookkeeping",
    "version": "which version it belongs to",
    "key": "an inner name by which limits count",
}
NO_SETTINGS_OF_LEDGER = {
    "id": "bookkeeping",
    "hold_minutes": "said with the deduction: tests/sales/test_deduction_clauses.py",
    "adjustment_threshold": "binds the staff among themselves",
    "adjustment_daily_cap": "binds the staff among themselves",
}

RULES = (
    RuleTerms(
        key="thursday",
        name="会员日",
        name_en="Member day",
        effect="multiplier",
        factor=Decimal(2),
        conditions=[{"kind": "weekday", "in": [4]}],
    ),
    RuleTerms(
        key="evening",
        name="晚间",
        name_en="Evenings",
        effect="multiplier",
        factor=Decimal(3),
        conditions=[{"kind": "birthday", "span": "day"}],
    ),
    RuleTerms(
        key="brand",
        name="青瓷",
        name_en="Celadon",
        effect="per_block",
        points=10,
        yuan=Decimal(100),
        combine="extra",
        conditions=[{"kind": "brand", "in": ["青瓷"]}],
        limits=[{"per": "member", "period": "day", "points": 100}],
    ),
    RuleTerms(
        key="bands",
        name="满额",
        name_en="Big baskets",
        effect="bands",
        combine="extra",
        bands=[{"from": "200", "points": 50}],
    ),
    RuleTerms(
        key="talk", name="讲座", name_en="Talk", effect="fixed", trigger="event", code="T", points=5
    ),
)
# Field: what to set, and what has to be set for it to mean anything.
VERSION_CHANGES: dict[str, tuple[Any, dict[str, Any]]] = {
    "starts_at": (NOON - timedelta(days=299), {}),
    "method": ("block", {}),
    "points": (2, {}),
    "block_yuan": (Decimal("2.50"), {}),
    "floor_at": ("line", {}),
    "freight_earns": (True, {}),
    "coupon_part_earns": (True, {}),
    "points_part_earns": (True, {}),
    "excluded": ({"label": ["特价"]}, {}),
    "stacking": ("add", {}),
    "ceiling": (Decimal(4), {}),
    "order_cap": (500, {}),
    "day_cap": (600, {}),
    "month_cap": (700, {}),
    "leap_day": ("mar1", {}),
    "validity": ("never", {}),
    "validity_count": (24, {}),
    "validity_date": (
        date(2028, 12, 31),
        {"validity": "date", "validity_date": date(2027, 12, 31)},
    ),
    "pending_days": (7, {}),
    "unit_name": ("星星", {}),
    "unit_name_en": ("stars", {}),
    "preface": ("欢迎光临", {}),
    "preface_en": ("Welcome", {}),
    "announcement": ("即日起调整", {}),
    "announcement_en": ("We change", {}),
}
RULE_CHANGES: dict[str, tuple[str, Any]] = {
    "position": ("brand", 9),
    "name": ("brand", "白瓷"),
    "name_en": ("brand", "White ware"),
    "trigger": ("brand", "first_order"),
    "code": ("talk", "U"),
    "effect": ("brand", "per_yuan"),
    "combine": ("brand", "base"),
    "is_multiplied": ("brand", True),
    "points": ("brand", 11),
    "yuan": ("brand", Decimal(99)),
    "factor": ("thursday", Decimal("2.5")),
    "bands": ("bands", [{"from": "300", "points": 50}]),
    "conditions": ("brand", [{"kind": "brand", "in": ["白瓷"]}]),
    "limits": ("brand", [{"per": "member", "period": "week", "points": 100}]),
    "validity": ("brand", {"kind": "quarter_end", "count": 0}),
    "timing": ("brand", {"kind": "days", "days": 3}),
}
LEDGER_CHANGES: dict[str, Any] = {
    "debt_policy": "forgive",
    "points_per_yuan": 250,
    "adjustment_validity_months": 6,
    "restore_grace_days": 30,
}
# The merchant's own words in one language leave the page in the other as it is, where that has
# its own.
ONE_LANGUAGE = {
    "name": "zh-hans",
    "name_en": "en",
}


def program(**values: Any) -> EarningRuleVersion:
    return draft(*RULES, **values)


def page(address: str, language: str) -> str:
    answer = Client().get(address, headers={"accept-language": language})
    assert answer.status_code == 200
    return answer.content.decode()


def published_pages(version: EarningRuleVersion) -> dict[str, str]:
    """The version's page in both languages; the version is gone afterwards."""
    with transaction.atomic():
        rules.publish(
            version=version, by=None, now=NOON - timedelta(days=290), short_notice_reason="test"
        )
        found = {language: page("/rules/v1/", language) for language in LANGUAGES}
        transaction.set_rollback(True)
    return {language: _article(text) for language, text in found.items()}


def _article(text: str) -> str:
    return text[text.index("<main") : text.index("</main>")]


def assert_changed(before: Mapping[str, str], after: Mapping[str, str], field: str) -> None:
    for language in LANGUAGES:
        if ONE_LANGUAGE.get(field, language) == language:
            assert before[language] != after[language], f"{field} is not said in {language}"


def settings_of(model: str) -> set[str]:
    return {field.name for field in apps.get_model(model)._meta.concrete_fields}


def test_every_setting_is_in_these_tests() -> None:
    """A new setting fails here until the page says it, or a reason is given why it does not."""
    assert settings_of("campaigns.EarningRuleVersion") == set(VERSION_CHANGES) | set(
        NO_SETTINGS_OF_VERSION
    )
    assert settings_of("campaigns.EarningRule") == set(RULE_CHANGES) | set(NO_SETTINGS_OF_RULE)
    assert settings_of("points.LedgerSettings") == set(LEDGER_CHANGES) | set(NO_SETTINGS_OF_LEDGER)


def test_the_same_settings_make_the_same_page() -> None:
    """Without this the tests below would prove nothing."""
    assert published_pages(program()) == published_pages(program())


@pytest.mark.parametrize("field", VERSION_CHANGES)
def test_the_page_says_every_setting_of_a_version(field: str) -> None:
    value, first = VERSION_CHANGES[field]
    before = published_pages(program(**first))
    after = published_pages(program(**(first | {field: value})))

    assert_changed(before, after, field)


@pytest.mark.parametrize("field", RULE_CHANGES)
def test_the_page_says_every_setting_of_a_rule(field: str) -> None:
    key, value = RULE_CHANGES[field]
    before = published_pages(program())
    version = program()
    EarningRule.objects.filter(version=version, key=key).update(**{field: value})

    assert_changed(before, published_pages(version), field)


@pytest.mark.parametrize("field", LEDGER_CHANGES)
def test_the_page_says_the_ledgers_settings(field: str) -> None:
    before = published_pages(program())
    LedgerSettings.objects.create(**{field: LEDGER_CHANGES[field]})

    assert_changed(before, published_pages(program()), field)


@pytest.mark.parametrize(
    ("field", "values"),
    [
        (field.name, [choice for choice, _name in field.flatchoices])
        for field in EarningRuleVersion._meta.concrete_fields
        if field.flatchoices
    ],
)
def test_every_choice_of_a_version_reads_otherwise(field: str, values: list[str]) -> None:
    said = set()
    for value in values:
        version = program(validity_date=date(2027, 12, 31), **{field: value})
        said.add(_text(version))

    assert len(said) == len(values)


@pytest.mark.parametrize("policy", LedgerSettings.Debt.values)
def test_every_debt_policy_has_its_clause(policy: str) -> None:
    LedgerSettings.objects.create(debt_policy=policy)

    codes = [clause.code for clause in rulebook.book_of(program()).clauses]
    assert [code for code in codes if code.startswith("debt_")] == [f"debt_{policy}"]


def _text(version: EarningRuleVersion) -> str:
    with translation.override("zh-hans"):
        reading = rulebook.read(rulebook.book_of(version))
    return "\n".join(clause.text for section in reading.sections for clause in section.clauses)


def test_what_a_rule_names_is_called_by_its_name() -> None:
    Store.objects.create(code="WL", name="西湖店")
    Category.objects.create(code="D", name="数码")
    Tag.objects.create(name="老客")
    conditions = [
        {"kind": "store", "in": ["WL"]},
        {"kind": "category", "in": ["D"]},
        {"kind": "tag", "in": ["老客"]},
    ]
    version = draft(replace(RULES[2], conditions=conditions), excluded={"category": ["D"]})

    text = _text(version)
    assert "带「老客」标签的会员，在西湖店消费，「数码」品类的商品，每消费满 100 元得 10 分" in text
    assert "不积分的商品：「数码」品类的商品。" in text


def test_nothing_is_said_that_is_not_there() -> None:
    """No claim beyond the settings: no rewards, no transfers, no last word for the shop."""
    text = _text(draft(points=0))

    assert "最终解释权" not in text
    assert "基础积分：" not in text
    assert "翻倍规则时" not in text
    assert "最多" not in text


def test_an_app_above_adds_its_clauses() -> None:
    remove = rulebook.register(
        "transfer", lambda: [("gift_test", {"n": 3})], {"gift_test": lambda p: f"每月 {p['n']} 次"}
    )
    try:
        assert "每月 3 次" in _text(program())
    finally:
        remove()
    assert "每月 3 次" not in _text(program())


def test_differences_are_told_clause_by_clause() -> None:
    old = rulebook.book_of(program())
    version = program(floor_at="line", day_cap=100, unit_name="星星")
    EarningRule.objects.filter(version=version, key="talk").delete()
    EarningRule.objects.filter(version=version, key="thursday").update(factor=3)

    with translation.override("zh-hans"):
        found = rulebook.changes_between(old, rulebook.book_of(version))

    assert [(c.kind, c.title, c.before, c.after) for c in found] == [
        ("added", "", "", "积分在本店称为「星星」。"),
        (
            "changed",
            "",
            "不足 1 分的部分舍去，每单取整一次。",
            "不足 1 分的部分舍去，按商品逐行取整。",
        ),
        ("changed", "会员日", "每周四，积分 × 2。", "每周四，积分 × 3。"),
        ("added", "", "", "每位会员每天的消费最多得 100 分。"),
        ("removed", "讲座", "参加活动「T」，得 5 分；同一行为不再按后面的同类规则计分。", ""),
    ]
    assert rulebook.changes_between(old, rulebook.book_of(program())) == []


def test_two_hundred_rules_are_written_down_in_time() -> None:
    many = [
        replace(RULES[0], key=f"r{n}", conditions=[{"kind": "weekday", "in": [1 + n % 7]}])
        for n in range(200)
    ]
    version = draft(*many)
    rules.publish(version=version, by=None, now=NOON, short_notice_reason="test")

    assert editions.record(NOON) == []


def test_reminders_and_announced_clearings_are_said_and_make_a_new_edition() -> None:
    rules.publish(
        version=program(),
        by=None,
        now=NOON - timedelta(days=290),
        short_notice_reason="test",
    )
    first = RulebookEdition.objects.count()
    assert "60、30、7、1" in page("/rules/", "zh-hans")
    settings = ClearingSettings(remind_days="45", required_days="")
    ledger_settings.save_clearing(settings, at=NOON)
    assert RulebookEdition.objects.count() == first + 1
    assert "told 45 days before" in page("/rules/", "en")
    plan = plans.order(
        values={
            "name": "旧账",
            "policy": "year_end",
            "earned_first_day": None,
            "earned_last_day": date(2025, 12, 31),
            "last_day": date(2026, 12, 31),
        },
        actor="staff:1",
        at=NOON,
    )
    plans.request_rehearsal(plan_id=plan.pk, at=NOON)
    plans.work(plan_id=plan.pk, now=NOON)
    assert "旧账" not in page("/rules/", "zh-hans")
    plans.approve(plan_id=plan.pk, actor="staff:2", at=NOON)
    for language in LANGUAGES:
        text = page("/rules/", language)
        assert "旧账" in text
        assert "2026-12-31" in text
    plans.withdraw(plan_id=plan.pk, at=NOON)
    assert "旧账" not in page("/rules/", "zh-hans")
