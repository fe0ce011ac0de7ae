"""The rule builder's form: what it shows it writes back, whatever the rule."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.http import QueryDict
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaigns.forms import fields, rows
from campaigns.forms.conditions import BLOCKS
from campaigns.forms.rules import RuleForm
from campaigns.models import EarningRule, EarningRuleVersion
from campaigns.policies import programs
from campaigns.policies.conditions import KINDS
from members.models import Tag
from stores.models import Category, Store

pytestmark = pytest.mark.django_db

VERSION = EarningRuleVersion(pk=1, name="v", starts_at=timezone.now())
EXISTING = {"store": ["XH", "BJ"], "category": ["A", "A1"], "tag": ["老客", "新客"]}


@pytest.fixture(autouse=True)
def _world(db: None) -> None:
    for code in EXISTING["store"]:
        Store.objects.create(code=code, name=code)
    roof = Category.objects.create(code="A", name="数码")
    Category.objects.create(code="A1", name="手机", parent=roof)
    for name in EXISTING["tag"]:
        Tag.objects.create(name=name)


def put(data: QueryDict, name: str, value: Any) -> None:
    if isinstance(value, list):
        data.setlist(name, [str(one) for one in value])
    elif value is True:
        data[name] = "on"
    elif value is not None and value is not False:
        data[name] = str(value).replace("\n", "\r\n")


def posted(form: RuleForm, **changes: Any) -> QueryDict:
    """What a browser sends when nobody has touched the page, with `changes`."""
    data = QueryDict(mutable=True)
    formsets = (form.band_rows, form.limit_rows)
    forms = [form, *(one.management_form for one in formsets), *(f for s in formsets for f in s)]
    for bound in (bound for one in forms for bound in one):
        put(data, bound.html_name, bound.value())
    for name, value in changes.items():
        data.pop(name, None)
        put(data, name, value)
    return data


def reread(rule: EarningRule, **changes: Any) -> RuleForm:
    shown = RuleForm(version=VERSION, instance=rule)
    return RuleForm(posted(shown, **changes), version=VERSION, instance=rule)


def rule(**values: Any) -> EarningRule:
    given = {"key": "r", "name": "rule", "effect": "fixed", "points": 5} | values
    return EarningRule(version=VERSION, **given)


# --- every value that a rule can have ---------------------------------------------------------

# What tills write; no control characters, which no door lets in.
texts = st.text(
    st.characters(exclude_categories=("C", "Z")) | st.sampled_from(" ,，、;；\"'"),
    min_size=1,
    max_size=12,
).filter(str.strip)
whole = st.integers(1, 1000)
figures = st.decimals(0, 99999, places=2, allow_nan=False).map(lambda d: format(d, "f"))


def _in(values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"in": st.lists(values, min_size=1, max_size=4, unique=True)})


def _ordered(values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    pairs = st.lists(values, min_size=2, max_size=2, unique=True).map(sorted)
    return pairs.map(lambda pair: {"from": pair[0], "to": pair[1]})


def _range(numbers: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, Any]]:
    both = st.lists(numbers, min_size=2, max_size=2, unique_by=Decimal).map(
        lambda pair: dict(zip(("from", "to"), sorted(pair, key=Decimal), strict=True))
    )
    return both | numbers.map(lambda n: {"from": n}) | numbers.map(lambda n: {"to": n})


def _dicts(**parts: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(parts)


days = st.dates(date(2020, 1, 1), date(2035, 1, 1)).map(str)
clocks = st.times().map(lambda t: f"{t:%H:%M}")
periods = st.sampled_from(["day", "week", "month", "quarter", "year", "ever"])
WHAT: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "tier": _in(texts),
    "segment": _in(texts),
    "tag": _in(st.sampled_from(EXISTING["tag"])),
    "new_member": _dicts(days=whole),
    "birthday": _dicts(span=st.sampled_from(["day", "week", "month"])),
    "nth_purchase": st.fixed_dictionaries(
        {"period": periods, "from": st.integers(1, 9)},
        optional={"to": st.integers(9, 20), "every": whole},
    ),
    "store": _in(st.sampled_from(EXISTING["store"])),
    "channel": _in(texts),
    "business": _in(texts),
    "category": _in(st.sampled_from(EXISTING["category"])),
    "sku": _in(texts),
    "brand": _in(texts),
    "label": _in(texts),
    "amount": _range(figures),
    "quantity": _range(figures),
    "dates": _ordered(days),
    "season": _dicts(**{"from": st.just("12-20"), "to": days.map(lambda d: d[5:])}),
    "weekday": _in(st.integers(1, 7)),
    "day_of_month": _in(st.integers(-3, 31).filter(bool)),
    "hours": _ordered(clocks),
    "attribute": _dicts(
        name=texts.map(str.strip), **{"in": st.lists(texts, min_size=1, max_size=3)}
    ),
}


def test_every_kind_of_condition_has_fields() -> None:
    assert set(WHAT) == set(KINDS) == set(BLOCKS)
    for kind in KINDS.values():
        assert set(BLOCKS[kind.name].fields) == set(kind.names)


@st.composite
def conditions(draw: st.DrawFn, kind: str) -> dict[str, Any]:
    made = {"kind": kind, **draw(WHAT[kind])}
    return made | {"not": True} if draw(st.booleans()) else made


def of_any_kind() -> st.SearchStrategy[dict[str, Any]]:
    return st.sampled_from(sorted(WHAT)).flatmap(conditions)


@pytest.mark.parametrize("kind", sorted(WHAT))
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_a_condition_is_shown_and_written_back(kind: str, data: st.DataObject) -> None:
    condition = data.draw(conditions(kind))
    trigger = "custom" if kind == "attribute" else "purchase"
    code = "x" if kind == "attribute" else ""
    before = rule(conditions=[condition], trigger=trigger, code=code)

    form = reread(before)
    form.is_valid()

    assert form.instance.conditions == [condition]
    # Tiers and segments do not exist yet; a value that does not is refused, not dropped.
    told = {name for name in form.errors if name != "name"}
    assert told <= ({f"c_{kind}_in"} if kind in ("tier", "segment") else set()), form.errors

    # And built from nothing it is the same, whatever the order of the values.
    shown = RuleForm(version=VERSION, instance=before)
    anew = rule(conditions=[], trigger=trigger, code=code)
    asked = posted(shown)
    asked["seen"] = ""
    built = RuleForm(asked, version=VERSION, instance=anew)
    built.is_valid()
    if kind not in ("tier", "segment"):
        assert [_normal(one) for one in built.instance.conditions] == [_normal(condition)]


def _normal(condition: dict[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {k: Decimal(v) for k, v in condition.items() if k in ("from", "to")
              and condition["kind"] in ("amount", "quantity")}  # fmt: skip
    if "in" in condition:
        values["in"] = sorted(condition["in"])
    return condition | values


limits = st.builds(
    lambda per, period, measure, value: (
        {"per": per, measure: value} | ({} if per == "order" else {"period": period})
    ),
    st.sampled_from(["member", "all", "order"]),
    periods,
    st.sampled_from(["points", "yuan"]),
    whole,
)
validities: st.SearchStrategy[dict[str, Any]] = (
    st.just({})
    | st.just({"kind": "never"})
    | days.map(lambda d: {"kind": "date", "date": d})
    | st.builds(
        lambda kind, n: {"kind": kind, "count": n},
        st.sampled_from(["months", "days", "year_end", "quarter_end"]),
        whole,
    )
)
timings: st.SearchStrategy[dict[str, Any]] = (
    st.sampled_from([{}, {"kind": "inherit"}, {"kind": "at_once"}])
    | st.integers(0, 365).map(lambda n: {"kind": "days", "days": n})
    | days.map(lambda d: {"kind": "date", "date": d})
)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    asked=st.lists(of_any_kind(), max_size=5),
    limited=st.lists(limits, max_size=5),
    validity=validities,
    timing=timings,
    effect=st.sampled_from(programs.EFFECTS),
    starts=st.lists(st.integers(0, 9999), min_size=1, max_size=4, unique=True).map(sorted),
)
def test_a_whole_rule_is_shown_and_written_back(
    asked: list[dict[str, Any]],
    limited: list[dict[str, Any]],
    validity: dict[str, Any],
    timing: dict[str, Any],
    effect: str,
    starts: list[int],
) -> None:
    """Also one that an API or a preset has made, with two conditions of one kind."""
    bands: list[dict[str, Any]] = []
    if effect == "bands":
        bands = [{"from": str(start), "points": 5} for start in starts]
    elif effect == "band_multiplier":
        bands = [{"from": str(start), "factor": "1.5"} for start in starts]
    before = rule(
        effect=effect,
        conditions=asked,
        limits=limited,
        validity=validity,
        timing=timing,
        bands=bands,
        combine="extra",
    )
    terms = before.as_terms()

    form = reread(before)
    form.is_valid()

    assert form.instance.as_terms() == terms


@given(st.lists(texts, max_size=5))
def test_typed_lists_are_read_back_exactly(values: list[str]) -> None:
    assert fields.split_values(fields.joined_values(values)) == values


@pytest.mark.parametrize("text", ["A,B", "A，B", "A、B", "A；B", " A \n B ", "A\r\nB", '"A", B,'])
def test_lists_are_typed_as_people_type_them(text: str) -> None:
    assert fields.split_values(text) == ["A", "B"]


# --- what cannot be shown, and what is not asked for ------------------------------------------


def test_a_second_condition_of_a_kind_is_kept_until_it_is_unticked() -> None:
    first, second = {"kind": "tag", "in": ["老客"]}, {"kind": "tag", "in": ["新客"]}
    broken = {"kind": "moon", "phase": "full"}
    before = rule(conditions=[first, broken, second])

    kept = reread(before)
    kept.is_valid()
    assert kept.instance.conditions == [first, broken, second]
    assert "kept_conditions" in kept.errors  # the unknown kind is refused where it is shown

    less = reread(rule(conditions=[first, broken, second]), kept_conditions=["2"])
    assert less.is_valid(), less.errors
    assert less.instance.conditions == [first, second]


def test_fields_that_the_effect_does_not_ask_for_are_ignored() -> None:
    form = reread(rule(), effect="multiplier", factor="2", points="not a number", yuan="0")

    assert form.is_valid(), form.errors
    assert (str(form.instance.factor), form.instance.points) == ("2", 0)
    assert form.instance.yuan == Decimal(1)


def test_a_code_left_over_from_another_trigger_is_dropped() -> None:
    form = reread(rule(trigger="custom", code="x"), trigger="purchase")

    assert form.is_valid(), form.errors
    assert form.instance.code == ""


def test_a_condition_that_the_trigger_does_not_know_is_refused_with_a_reason() -> None:
    before = rule(conditions=[{"kind": "category", "in": ["A"]}])

    form = reread(before, trigger="registration")

    assert not form.is_valid()
    assert list(form.errors) == ["c_category_in"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"points": "0"}, "points"),
        ({"effect": "per_block", "points": "1", "yuan": "0"}, "yuan"),
        ({"effect": "multiplier", "factor": "-1"}, "factor"),
        ({"effect": "multiplier", "factor": "101"}, "factor"),
        ({"trigger": "custom"}, "code"),
        ({"c_amount_from": "200", "c_amount_to": "100"}, "c_amount_to"),
        ({"c_amount_from": "x"}, "c_amount_from"),
        ({"c_dates_from": "2026-03-01", "c_dates_to": "2026-02-01"}, "c_dates_to"),
        ({"c_hours_from": "9点", "c_hours_to": "25:00"}, "c_hours_to"),
        ({"c_category_in": ["nowhere"]}, "c_category_in"),
        ({"c_nth_purchase_from": "2"}, "c_nth_purchase_period"),
        ({"validity_kind": "months", "validity_count": ""}, "validity_count"),
        ({"validity_kind": "date"}, "validity_date"),
        ({"timing_kind": "days"}, "timing_days"),
        ({"effect": "bands"}, "__all__"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(changes: dict[str, Any], field: str) -> None:
    form = reread(rule(), **changes)

    assert not form.is_valid()
    assert list(form.errors) == [field]


def rows_of(prefix: str, *told: dict[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {f"{prefix}-TOTAL_FORMS": len(told), f"{prefix}-INITIAL_FORMS": 0}
    for n, row in enumerate(told):
        values |= {f"{prefix}-{n}-{name}": value for name, value in row.items()}
    return values


def test_bands_are_put_in_order_and_must_not_begin_together() -> None:
    low, high = {"from": "100", "points": "5"}, {"from": "500", "points": "30"}
    form = reread(rule(), effect="bands", **rows_of("bands", high, low))
    assert form.is_valid(), form.errors
    assert form.instance.bands == [{"from": "100", "points": 5}, {"from": "500", "points": 30}]

    twice = reread(rule(), effect="bands", **rows_of("bands", low, low))
    assert not twice.is_valid()
    assert list(twice.row_errors) == ["bands"]

    half = reread(rule(), effect="bands", **rows_of("bands", {"from": "100"}))
    assert not half.is_valid()
    assert list(half.band_rows.forms[0].errors) == ["points"]


def test_limits_are_rows_and_the_same_one_cannot_be_set_twice() -> None:
    day = {"per": "member", "period": "day", "value": "100", "measure": "points"}
    budget = {"per": "all", "period": "ever", "value": "5000.5", "measure": "yuan"}
    form = reread(rule(), **rows_of("limits", day, budget))
    assert form.is_valid(), form.errors
    assert form.instance.limits == [
        {"per": "member", "period": "day", "points": 100},
        {"per": "all", "period": "ever", "yuan": "5000.5"},
    ]

    assert not reread(rule(), **rows_of("limits", day, day)).is_valid()
    times = {"per": "order", "period": "day", "value": "1", "measure": "times"}
    assert not reread(rule(), **rows_of("limits", times)).is_valid()


def test_a_form_without_its_rows_is_refused_and_no_crash() -> None:
    data = QueryDict("name=x&effect=fixed&trigger=purchase&points=5&combine=extra")

    form = RuleForm(data, version=VERSION)

    assert not form.is_valid()


@pytest.mark.parametrize("value", [{"per": "moon"}, {"per": "member", "points": 1, "times": 2}, 7])
def test_limits_that_no_row_can_show_are_kept(value: Any) -> None:
    assert not rows.is_showable_limit(value)
    before = rule()
    before.limits = [value] if isinstance(value, dict) else []

    form = reread(before)
    form.is_valid()

    assert form.instance.limits == before.limits
