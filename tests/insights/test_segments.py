"""A built segment's conditions mean as queries what they mean in plain Python."""

import random
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaigns.models import Event
from insights.models import RfmScore
from insights.policies import segments as policy
from insights.selectors import segments as selecting
from members.models import Consent, Member, MemberTag, Segment, SegmentMember, Tag
from sales.models import Receipt, ReceiptLine
from stores.models import Article, Category, Store
from tests import cast
from tests.insights.segment_oracle import ARTICLES, PARENTS, Bought, Facts, holds
from tiers.models import Level, Standing, TierProgram

SHANGHAI = ZoneInfo("Asia/Shanghai")
AT = datetime(2026, 11, 21, 2, 0, tzinfo=SHANGHAI)
STORES, TAGS, LISTS = ("S1", "S2"), ("茶友", "员工"), ("guests", "press")
# The edges of whole days, and days on which conditions below turn.
DAYS = (0, 1, 6, 7, 29, 30, 31, 89, 90, 364, 365)
CLOCKS = ((0, 0, 0), (12, 0, 0), (23, 59, 59))


def moment(chance: random.Random) -> datetime:
    day = AT.date() - timedelta(days=chance.choice(DAYS))
    hour, minute, second = chance.choice(CLOCKS)
    at = datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=SHANGHAI)
    return min(at, AT)


def receipt(chance: random.Random) -> Bought:
    is_return = chance.random() < 0.2
    lines = []
    for _n in range(chance.randint(1, 3)):
        quantity = Decimal(chance.choice((1, 2, 4)))
        returned = Decimal(0) if is_return else Decimal(chance.choice((0, 0, 1)))
        amount = Decimal(chance.choice(("0", "10", "50", "99.96")))
        category = chance.choice(("", "", "green", "cups"))
        lines.append((chance.choice(list(ARTICLES)), category, amount, quantity, returned))
    state = "waiting" if is_return and chance.random() < 0.3 else "posted"
    return Bought(moment(chance), chance.choice(STORES), lines, is_return, state)


def facts(chance: random.Random) -> Facts:
    return Facts(
        joined=moment(chance),
        birthday=chance.choice((None, date(1990, 2, 28), date(1988, 2, 29), date(2000, 11, 1))),
        source=chance.choice(("web", "till")),
        store=chance.choice(("", *STORES)),
        tags={tag for tag in TAGS if chance.random() < 0.4},
        lists={name for name in LISTS if chance.random() < 0.4},
        consents={name for name in ("terms", "marketing") if chance.random() < 0.5},
        rfm=chance.choice(("", "vip", "lost")),
        tier=chance.choice(("silver", "gold")),
        receipts=[receipt(chance) for _n in range(chance.choice((0, 1, 2, 5)))],
        lots=[
            (moment(chance), AT + timedelta(days=chance.choice((-1, 1, 30, 31))), 50 * (n + 1))
            for n in range(chance.randint(0, 2))
        ],
        events=[(moment(chance), chance.choice(("review", "share"))) for _ in range(2)],
    )


def write(one: Facts, place: int) -> Member:
    member = Member.objects.create(
        number=f"T{place:011}",
        joined_at=one.joined,
        birthday=one.birthday,
        source=one.source,
        home_store=Store.objects.filter(code=one.store).first(),
    )
    for tag in one.tags:
        MemberTag.objects.create(member=member, tag=Tag.objects.get(name=tag))
    for name in one.lists:
        row = Segment.objects.get(code=name)
        SegmentMember.objects.create(member=member, segment=row, since=AT)
    for purpose in one.consents:
        Consent.objects.create(member=member, purpose=purpose, version="1", given_at=AT)
    Consent.objects.create(
        member=member, purpose="profiling", version="1", given_at=AT, withdrawn_at=AT
    )
    if one.rfm:
        day = AT.date()
        RfmScore.objects.create(
            member=member, first_on=day, last_on=day, purchases=1, amount=1, group=one.rfm,
            changed_on=day,
        )  # fmt: skip
    if one.tier != "silver":
        Standing.objects.create(
            member=member, level=Level.objects.get(code=one.tier), since=AT.date(), changed_at=AT
        )
    for n, bought in enumerate(one.receipts):
        _write_receipt(member, bought, f"{place}-{n}")
    for begins, until, points in sorted(one.lots):
        cast.earned(member, points, at=begins, expires_at=until, recorded_at=begins)
    for n, (at, name) in enumerate(one.events):
        Event.objects.create(
            source="test", external_id=f"{place}-{n}", trigger=name, member=member,
            occurred_at=at, received_at=at, fingerprint="x", actor="test",
        )  # fmt: skip
    Event.objects.create(
        source="test",
        external_id=f"{place}-off",
        trigger="review",
        member=member,
        state="reversed",
        occurred_at=AT,
        received_at=AT,
        fingerprint="x",
        actor="test",
    )
    return member


def _write_receipt(member: Member, bought: Bought, number: str) -> None:
    total = sum((line[2] for line in bought.lines), Decimal(0))
    returned = sum((x[2] * x[4] / x[3] for x in bought.lines), Decimal(0))
    row = Receipt.objects.create(
        store=Store.objects.get(code=bought.store),
        number=number,
        kind="return" if bought.is_return else "sale",
        state=bought.state,
        member=member,
        occurred_at=bought.at,
        total=total,
        base=total,
        returned_total=returned,
        fingerprint="x",
        source="api",
        actor="test",
        received_at=AT,
    )
    for no, (sku, category, amount, quantity, back) in enumerate(bought.lines, start=1):
        ReceiptLine.objects.create(
            receipt=row, line_no=no, sku=sku, category=category, quantity=quantity,
            unit_price=amount / quantity, amount=amount, returned=back,
        )  # fmt: skip


@pytest.fixture
def crowd(db: None) -> dict[int, Facts]:
    for code in STORES:
        Store.objects.create(code=code, name=code)
    made: dict[str, Category] = {}
    for code, parent in PARENTS.items():
        made[code] = Category.objects.create(code=code, name=code, parent=made.get(parent))
    for sku, category in ARTICLES.items():
        Article.objects.create(sku=sku, name=sku, category=made.get(category))
    Tag.objects.bulk_create(Tag(name=tag) for tag in TAGS)
    for name in LISTS:
        Segment.objects.create(code=name, name=name, kind="list", created_at=AT)
    TierProgram.objects.get_or_create(pk=1)
    for rank, code in enumerate(("silver", "gold"), start=1):
        Level.objects.create(code=code, name=code, rank=rank, threshold=(rank - 1) * 1000)
    chance = random.Random(20261121)
    people = [facts(chance) for _n in range(40)]
    return {write(one, place).pk: one for place, one in enumerate(people)}


# --- trees -------------------------------------------------------------------------------------

_whole = st.integers(0, 4)
_days = st.sampled_from(DAYS)
_yuan = st.sampled_from(["0", "10", "49.98", "50", "99.96", "100", "150"])
_points = st.sampled_from([0, 1, 49, 50, 100, 150])
_dates = st.sampled_from([(AT.date() - timedelta(days=n)).isoformat() for n in DAYS])


def _ordered(
    values: st.SearchStrategy[Any], low: str = "min", high: str = "max"
) -> st.SearchStrategy[dict[str, Any]]:
    key = Decimal if low == "min" else str
    both = st.lists(values, min_size=2, max_size=2).map(lambda two: sorted(two, key=key))
    return st.one_of(
        both.map(lambda two: {low: two[0], high: two[1]}),
        values.map(lambda one: {low: one}),
        values.map(lambda one: {high: one}),
    )


_period = st.one_of(
    st.just({}),
    st.sampled_from([1, 7, 30, 90, 365]).map(lambda n: {"last_days": n}),
    _ordered(_dates, "first_day", "last_day"),
)
_where = st.fixed_dictionaries(
    {},
    optional={
        "stores": st.sampled_from([["S1"], ["S1", "S2"]]),
        "categories": st.sampled_from([["tea"], ["green"], ["cups", "tea"]]),
        "skus": st.sampled_from([["A3"], ["A1", "A2"]]),
    },
)


def _merged(*parts: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.tuples(*parts).map(lambda found: {k: v for one in found for k, v in one.items()})


def _of(*values: Any) -> st.SearchStrategy[dict[str, Any]]:
    chosen = st.lists(st.sampled_from(values), min_size=1, max_size=2, unique=True)
    return chosen.map(lambda found: {"in": found})


PARAMS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "purchases": _merged(_ordered(_whole), _period, _where),
    "spent": _merged(_ordered(_yuan), _period, _where),
    "last_purchase": _ordered(_days),
    "first_purchase": _ordered(_days),
    "rfm": _of("vip", "lost", "active"),
    "balance": _ordered(_points),
    "earned": _merged(_ordered(_points), _period),
    "expiring": _merged(_ordered(_points), st.sampled_from([{"days": 1}, {"days": 30}])),
    "tier": _of("silver", "gold"),
    "tag": _of(*TAGS),
    "list": _of(*LISTS),
    "home_store": _of(*STORES),
    "joined": _ordered(_days),
    "birthday_month": _of(2, 11, 12),
    "source": _of("web", "till"),
    "event": _merged(_of("review", "share"), _ordered(_whole), _period),
    "consent": _of("terms", "marketing", "profiling"),
}


@st.composite
def conditions(draw: st.DrawFn, kind: str | None = None) -> dict[str, Any]:
    name = kind or draw(st.sampled_from(sorted(PARAMS)))
    made = {"kind": name, **draw(PARAMS[name])}
    return made | {"not": True} if draw(st.booleans()) else made


def trees() -> st.SearchStrategy[dict[str, Any]]:
    def group(nodes: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
        return st.builds(
            lambda op, found, turned: {op: found} | ({"not": True} if turned else {}),
            st.sampled_from(["all", "any"]),
            st.lists(nodes, min_size=1, max_size=3),
            st.booleans(),
        )

    return group(st.one_of(conditions(), group(conditions())))


def assert_same(tree: dict[str, Any], crowd: dict[int, Facts]) -> None:
    assert list(policy.problems(tree)) == []
    found = set(selecting.matching(tree, AT).values_list("pk", flat=True))
    assert found == {pk for pk, one in crowd.items() if holds(tree, one, AT)}, tree


_SETTINGS = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def test_the_oracle_knows_every_kind() -> None:
    assert set(PARAMS) == set(policy.KINDS)


@pytest.mark.parametrize("kind", sorted(PARAMS))
@settings(_SETTINGS, max_examples=30)
@given(data=st.data())
def test_a_condition_asks_what_it_says(
    kind: str, data: st.DataObject, crowd: dict[int, Facts]
) -> None:
    assert_same({"all": [data.draw(conditions(kind))]}, crowd)


@settings(_SETTINGS, max_examples=120)
@given(tree=trees())
def test_a_tree_asks_what_it_says(tree: dict[str, Any], crowd: dict[int, Facts]) -> None:
    assert_same(tree, crowd)


# --- what is not sound -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tree", "field", "code"),
    [
        ([], "definition", "value_invalid"),
        ({}, "definition", "value_invalid"),
        ({"all": []}, "definition", "value_missing"),
        ({"all": "x"}, "all", "value_invalid"),
        ({"all": [1]}, "all.0", "value_invalid"),
        ({"all": [{"kind": "zodiac"}]}, "all.0", "condition_unknown"),
        ({"all": [{"kind": ["tag"]}]}, "all.0", "condition_unknown"),
        ({"all": [{"any": [{"kind": "tag", "in": []}]}]}, "all.0.any.0.in", "value_missing"),
        ({"all": [{"kind": "tag", "in": ["x"], "out": 1}]}, "all.0.out", "field_unknown"),
        ({"all": [{"kind": "tag", "in": ["x"], "not": "no"}]}, "all.0.not", "value_invalid"),
        ({"all": [{"kind": "tag", "in": ["x"] * 201}]}, "all.0.in", "too_many_values"),
        ({"all": [{"kind": "purchases"}]}, "all.0.min", "value_missing"),
        ({"all": [{"kind": "purchases", "min": 1.5}]}, "all.0.min", "number_out_of_range"),
        ({"all": [{"kind": "purchases", "min": 3, "max": 2}]}, "all.0.max", "range_empty"),
        ({"all": [{"kind": "spent", "min": "1.001"}]}, "all.0.min", "too_many_decimals"),
        ({"all": [{"kind": "spent", "min": "NaN"}]}, "all.0.min", "number_invalid"),
        (
            {"all": [{"kind": "earned", "min": 1, "first_day": "2026-02-30"}]},
            "all.0.first_day",
            "date_invalid",
        ),
        (
            {"all": [{"kind": "earned", "min": 1, "last_days": 3, "last_day": "2026-02-03"}]},
            "all.0.last_days",
            "period_twice",
        ),
        ({"all": [{"kind": "birthday_month", "in": [13]}]}, "all.0.in", "value_invalid"),
        (
            {"all": [{"any": [{"all": [{"kind": "rfm", "in": ["vip"]}]}]}]},
            "all.0.any.0.all",
            "value_invalid",
        ),
        (
            {"all": [{"any": [{"kind": "rfm", "in": ["vip"]}] * 16}] * 2},
            "definition",
            "too_many_values",
        ),
    ],
)
def test_what_cannot_be_asked_is_told(tree: Any, field: str, code: str) -> None:
    assert [(problem.field, problem.code) for problem in policy.problems(tree)] == [(field, code)]
