"""The nightly RFM analysis: its boundaries, its thrift, and what may cut it off."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command

from insights import exceptions
from insights.models import RfmRun, RfmScore
from insights.policies.rfm import Thresholds, group_of, limits, places, proposal, score
from insights.selectors import rfm as selecting
from insights.services import rfm
from members.models import Member, Segment, SegmentMember
from members.selectors import segments
from sales.models import Receipt
from sales.policies.receipts import LineInput, MemberRef, ReceiptInput
from sales.services import intake
from stores.models import Store
from tests import cast
from tests.campaigns.conftest import published

SHANGHAI = ZoneInfo("Asia/Shanghai")
AS_OF = date(2026, 11, 20)
NOW = datetime(2026, 11, 21, 2, 0, tzinfo=SHANGHAI)


@pytest.fixture
def shop(db: None) -> Store:
    published(points=1, starts_at=datetime(2024, 1, 1, tzinfo=SHANGHAI))
    return Store.objects.create(code="S1", name="西湖店")


@pytest.fixture
def lin(shop: Store) -> Member:
    return cast.member()


def bought(
    shop: Store,
    member: Member,
    at: datetime,
    amount: str = "100",
    *,
    kind: str = "sale",
    original: str = "",
) -> Receipt:
    number = f"R{Receipt.objects.count()}"
    receipt = ReceiptInput(
        number=number,
        kind=kind,
        occurred_at=at,
        lines=[LineInput("A0", "", Decimal(1), Decimal(amount))],
        member=MemberRef("number", member.number),
        original_number=original,
    )
    (outcome,) = intake.record(store=shop, receipts=[receipt], source="api", actor="test", now=NOW)
    assert outcome.refusal is None
    return Receipt.objects.get(number=number)


def noon(days_ago: int) -> datetime:
    return datetime(2026, 11, 20, 12, tzinfo=SHANGHAI) - timedelta(days=days_ago)


def scored(member: Member) -> RfmScore:
    return RfmScore.objects.get(pk=member.pk)


# --- the arithmetic ----------------------------------------------------------------------------

DEFAULTS = limits(Thresholds(), AS_OF)


@pytest.mark.parametrize(
    ("silent", "known_for", "purchases", "yuan", "group"),
    [
        (180, 900, 9, 9_000, "lost"),
        (179, 900, 9, 9_000, "sleeping"),
        (90, 900, 9, 9_000, "sleeping"),
        (89, 900, 9, 9_000, "vip"),
        (89, 900, 6, 2_000, "vip"),
        (89, 900, 5, 9_000, "active"),
        (89, 900, 9, 1_999, "active"),
        (0, 29, 1, 10, "new"),
        (0, 30, 1, 10, "active"),
        (0, 29, 6, 2_000, "vip"),
    ],
)
def test_groups_begin_and_end_exactly_on_their_day(
    silent: int, known_for: int, purchases: int, yuan: int, group: str
) -> None:
    found = group_of(
        DEFAULTS,
        first_on=AS_OF - timedelta(days=known_for),
        last_on=AS_OF - timedelta(days=silent),
        purchases=purchases,
        amount=yuan * 10_000,
    )
    assert found == group


def test_fifths_of_equal_values_go_together() -> None:
    values = [1, 1, 1, 2, 2, 3, 9]
    cuts = [values[place - 1] for place in places(len(values))]
    assert (cuts, [score(v, cuts) for v in values]) == ([1, 1, 2, 3], [1, 1, 1, 3, 3, 4, 5])
    assert places(0) == []


def test_a_proposal_can_always_be_saved() -> None:
    made = proposal(
        Thresholds(), silence=[0, 0, 0, 0], purchases=[1, 1, 1, 1], amounts=[0, 0, 0, 0]
    )
    assert made.lost_days > made.sleeping_days >= made.new_days
    assert (made.vip_purchases, made.vip_yuan) == (2, Decimal(1))
    assert proposal(Thresholds(), silence=[], purchases=[], amounts=[]) == Thresholds()


# --- from receipts -----------------------------------------------------------------------------


def test_a_day_is_a_day_in_shanghai(shop: Store, lin: Member) -> None:
    """The last minute of the day counts on it, midnight not any more: on whatever clock."""
    last_minute = datetime(2026, 11, 20, 15, 59, 59, tzinfo=UTC)
    bought(shop, lin, last_minute)
    other = cast.member(phone="13900139000", name="陈默")
    bought(shop, other, last_minute + timedelta(seconds=1))

    rfm.run(as_of=AS_OF, now=NOW)

    assert (scored(lin).last_on, scored(lin).purchases) == (AS_OF, 1)
    assert not RfmScore.objects.filter(pk=other.pk).exists()
    assert rfm.run_nightly(now=NOW).as_of == AS_OF
    midnight = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)
    assert rfm.run_nightly(now=midnight).as_of == AS_OF
    assert rfm.run_nightly(now=midnight - timedelta(seconds=1)).as_of == date(2026, 11, 19)


def test_the_window_counts_its_first_day(shop: Store, lin: Member) -> None:
    first = datetime(2025, 11, 21, tzinfo=SHANGHAI)
    bought(shop, lin, first - timedelta(seconds=1), "500")
    bought(shop, lin, first, "30.50")

    rfm.run(as_of=AS_OF, now=NOW)

    one = scored(lin)
    assert (one.first_on, one.last_on) == (date(2025, 11, 20), date(2025, 11, 21))
    assert (one.purchases, one.yuan, one.group) == (1, Decimal("30.5"), "lost")


def test_returns_are_taken_off_and_whole_ones_are_no_purchase(shop: Store, lin: Member) -> None:
    kept = bought(shop, lin, noon(40), "100")
    gone = bought(shop, lin, noon(10), "80")
    bought(shop, lin, noon(5), "25", kind="return", original=kept.number)
    bought(shop, lin, noon(4), "80", kind="return", original=gone.number)
    bought(shop, lin, noon(3), "9.99", kind="return")

    rfm.run(as_of=AS_OF, now=NOW)

    one = scored(lin)
    assert (one.last_on, one.purchases, one.yuan) == (noon(40).date(), 1, Decimal("65.01"))


def test_only_what_changed_is_written(shop: Store, lin: Member) -> None:
    bought(shop, lin, noon(88))
    others = [cast.member(phone=f"1390013900{n}", name="") for n in range(3)]
    for one in others:
        bought(shop, one, noon(1))
    assert rfm.run(as_of=AS_OF, now=NOW).changed == 4
    since = dict(SegmentMember.objects.values_list("member_id", "since"))

    next_night = rfm.run(as_of=AS_OF + timedelta(days=1), now=NOW + timedelta(days=1))
    assert (next_night.changed, next_night.moved) == (0, 0)
    # Two nights on, 90 days are full: one row, one member of another group.
    third = rfm.run(as_of=AS_OF + timedelta(days=2), now=NOW + timedelta(days=2))
    assert (third.changed, third.moved) == (1, 1)
    assert (scored(lin).group, scored(lin).changed_on) == ("sleeping", date(2026, 11, 22))
    assert scored(others[0]).changed_on == AS_OF
    now = dict(SegmentMember.objects.values_list("member_id", "since"))
    assert {pk for pk in now if now[pk] != since[pk]} == {lin.pk}
    assert segments.segments_of([lin.pk, others[0].pk]) == {
        lin.pk: frozenset({"sleeping"}),
        others[0].pk: frozenset({"new"}),
    }


def test_a_run_that_was_cut_off_goes_on_where_it_was(
    shop: Store, lin: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [lin, *(cast.member(phone=f"1390013900{n}", name="") for n in range(4))]
    for one in people:
        bought(shop, one, noon(1))
    monkeypatch.setattr(rfm, "WINDOW", 2)

    seen: list[int] = []

    def cut_off(done: int) -> None:
        seen.append(done)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rfm.run(as_of=AS_OF, now=NOW, progress=cut_off)
    cut = RfmRun.objects.get()
    assert (cut.state, cut.changed, RfmScore.objects.count()) == ("running", 2, 2)
    assert selecting.newest() is None

    rest: list[int] = []
    done = rfm.run(as_of=AS_OF, now=NOW, progress=rest.append)
    assert (done.pk, done.state, done.changed, done.members) == (cut.pk, "done", 5, 5)
    assert len(rest) == 2
    assert not set(rest) & set(seen)


def test_new_thresholds_begin_anew(shop: Store, lin: Member) -> None:
    bought(shop, lin, noon(50))
    rfm.run(as_of=AS_OF, now=NOW)
    assert scored(lin).group == "active"

    rfm.change_settings(thresholds=Thresholds(sleeping_days=50, lost_days=51))
    rfm.run(as_of=AS_OF, now=NOW)
    assert scored(lin).group == "sleeping"
    assert Segment.objects.get(code="active").size == 0

    with pytest.raises(exceptions.RfmSettingsInvalid) as refused:
        rfm.change_settings(thresholds=Thresholds(sleeping_days=50, lost_days=50))
    assert refused.value.field == "lost_days"


def test_every_buyer_is_in_exactly_one_group(shop: Store) -> None:
    ages = (0, 29, 30, 89, 90, 179, 180, 364, 365, 700)
    for n, days in enumerate(ages):
        bought(shop, cast.member(phone=f"139001390{n:02}", name=""), noon(days))
    idle = cast.member()

    rfm.run(as_of=AS_OF, now=NOW)

    rows = list(SegmentMember.objects.values_list("member_id", flat=True))
    assert len(rows) == len(set(rows)) == len(ages)
    assert idle.pk not in rows
    told = selecting.groups(limits(Thresholds(), AS_OF))
    assert {group: count for group, (count, _sum) in told.items()} == {
        "vip": 0,
        "active": 2,
        "new": 2,
        "sleeping": 2,
        "lost": 4,
    }


def test_who_becomes_another_or_goes_leaves_nothing(shop: Store, lin: Member) -> None:
    other = cast.member(phone="13900139000", name="陈默")
    bought(shop, lin, noon(100), "10")
    bought(shop, other, noon(1), "20")
    rfm.run(as_of=AS_OF, now=NOW)

    Receipt.objects.filter(member=other).update(member=lin)
    rfm.merge(kept_id=lin.pk, gone_id=other.pk, at=NOW)
    rfm.merge(kept_id=lin.pk, gone_id=other.pk, at=NOW)

    one: Any = scored(lin)
    assert (one.last_on, one.purchases, one.yuan, one.group) == (
        noon(1).date(),
        2,
        Decimal(30),
        "active",
    )
    assert segments.segments_of([lin.pk, other.pk]) == {
        lin.pk: frozenset({"active"}),
        other.pk: frozenset(),
    }
    rfm.forget(member_id=lin.pk)
    assert not RfmScore.objects.exists()


def test_a_report_of_another_day_changes_nobody_s_group(shop: Store, lin: Member) -> None:
    bought(shop, lin, noon(100), "10")
    rfm.run(as_of=AS_OF, now=NOW)
    out = StringIO()

    call_command("rfm_report", as_of="2026-08-20", stdout=out)

    assert "2026-08-20" in out.getvalue()
    assert scored(lin).group == "sleeping"
    assert [run.as_of for run in RfmRun.objects.all()] == [AS_OF]
    with pytest.raises(CommandError):
        call_command("rfm_report", as_of="yesterday")
