"""Coupons for many: bounded, and nobody gets two of one round, whatever repeats it."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from mall.exceptions.coupons import CouponLocked, CouponNotIssued
from mall.models import Coupon, CouponGrant, CouponStep, CouponTemplate
from mall.services import (
    coupon_grants,
    coupon_keeping,
    coupon_months,
    coupon_rounds,
    coupons,
)
from members.models import Member, Segment, SegmentMember
from points.services import accounts
from tests.mall.making import DAY, NOON, basket, issued, person, shop, template
from tests.racing import together
from tiers.models import Level, LevelBenefit, Standing, StandingChange, TierProgram

pytestmark = pytest.mark.django_db
MONTH = timedelta(days=31)


def round_of(kind: CouponTemplate, people: list[Member], **values: Any) -> coupon_rounds.Given:
    order: dict[str, Any] = {
        "template_id": kind.pk,
        "member_ids": [one.pk for one in people],
        "each": 1,
        "source": "staff",
        "round_name": "grant:1",
        "actor": "staff:1",
        "at": NOON,
    }
    return coupon_rounds.give(**(order | values))


def had(owner: Member) -> int:
    return Coupon.objects.filter(member=owner).count()


def test_a_round_gives_each_one_and_none_twice() -> None:
    kind, people = template(), [person() for _number in range(3)]
    assert round_of(kind, people) == (3, 0, False)
    assert round_of(kind, people) == (0, 3, False)
    assert [had(one) for one in people] == [1, 1, 1]
    assert round_of(kind, people, round_name="grant:2") == (3, 0, False)
    assert CouponTemplate.objects.get().issued == 6
    assert CouponStep.objects.filter(kind="issued").count() == 6


def test_a_round_takes_the_same_statements_for_any_number() -> None:
    kind, few, many = template(), [person()], [person() for _number in range(9)]
    for people in (few, many):
        accounts.lock([one.pk for one in people], at=NOON)
    counts = []
    for name, people in (("grant:1", few), ("grant:2", many)):
        with CaptureQueriesContext(connection) as queries:
            round_of(kind, people, round_name=name)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_limits_and_those_who_left_are_left_out() -> None:
    kind = template(per_member=2, per_member_day=1)
    fresh, full, gone = person(), person("周可"), person()
    issued(full, kind)
    Member.objects.filter(pk=gone.pk).update(erased_at=NOON)
    assert round_of(kind, [fresh, full, gone]) == (1, 2, False)
    assert round_of(kind, [fresh], each=3, round_name="x") == (0, 1, False)


def test_when_they_run_out_the_first_get_theirs() -> None:
    kind, people = template(quantity=5), [person() for _number in range(3)]
    assert round_of(kind, people, each=2) == (2, 1, True)
    assert [had(one) for one in people] == [2, 2, 0]
    assert CouponTemplate.objects.get().issued == 4


def test_a_grant_works_through_its_segment_and_ends() -> None:
    kind, people = template(), [person() for _number in range(5)]
    segment = Segment.objects.create(code="mine", name="我的", kind="list", created_at=NOON)
    for one in people:
        SegmentMember.objects.create(segment=segment, member=one, since=NOON)
    with pytest.raises(CouponNotIssued):
        coupon_grants.ask(template_id=kind.pk, segment="mine", reason=" ", actor="s", at=NOON)
    grant = coupon_grants.ask(
        template_id=kind.pk, segment="mine", reason="店庆", actor="staff:1", at=NOON
    )
    assert coupon_grants.work_all(now=NOON) == 5
    assert coupon_grants.work_all(now=NOON) == 0
    grant.refresh_from_db()
    assert (grant.state, grant.given, grant.left_out) == ("done", 5, 0)
    CouponGrant.objects.update(state="running", done_upto=0)  # killed before it was written
    assert coupon_grants.work_all(now=NOON) == 0
    assert Coupon.objects.count() == 5


def test_a_grant_stops_when_coupons_run_out_or_staff_say_so() -> None:
    kind, people = template(quantity=1), [person() for _number in range(2)]
    segment = Segment.objects.create(code="mine", name="我的", kind="list", created_at=NOON)
    for one in people:
        SegmentMember.objects.create(segment=segment, member=one, since=NOON)
    ask: dict[str, Any] = {"segment": "mine", "reason": "店庆", "actor": "s", "at": NOON}
    grant = coupon_grants.ask(template_id=kind.pk, **ask)
    assert coupon_grants.work_all(now=NOON) == 1
    grant.refresh_from_db()
    assert (grant.state, grant.ended_by, grant.given) == ("stopped", "coupons_exhausted", 1)
    second = coupon_grants.ask(template_id=kind.pk, **ask)
    coupon_grants.stop(grant_id=second.pk, at=NOON)
    assert coupon_grants.work_all(now=NOON) == 0


@pytest.fixture
def levels() -> tuple[Level, Level]:
    program = TierProgram.objects.create()
    low = Level.objects.create(program=program, code="base", name="普通", rank=1, threshold=0)
    gold = Level.objects.create(program=program, code="gold", name="金卡", rank=2, threshold=100)
    return low, gold


def gives(level: Level, kind: CouponTemplate, count: int) -> None:
    LevelBenefit.objects.create(
        level=level, kind="monthly_coupon", params={"template": kind.code, "count": count}
    )


def test_levels_give_once_a_month(levels: tuple[Level, Level]) -> None:
    low, gold = levels
    plain, rich = template(), template()
    gives(low, plain, 1)
    gives(gold, rich, 2)
    anna, berta = person("安娜"), person("贝塔")
    Standing.objects.create(member=berta, level=gold, since=NOON.date(), changed_at=NOON)
    assert coupon_months.issue_all(now=NOON) == (2, [])
    assert coupon_months.issue_all(now=NOON + DAY) == (0, [])
    assert (had(anna), had(berta)) == (1, 2)
    assert coupon_months.issue_all(now=NOON + MONTH) == (2, [])
    assert (had(anna), had(berta)) == (2, 4)


def test_a_template_that_cannot_give_is_told(levels: tuple[Level, Level]) -> None:
    few, off = template(quantity=1), template(is_on=False)
    gives(levels[0], few, 1)
    gives(levels[1], off, 1)
    person()
    rich = person()
    person()
    Standing.objects.create(member=rich, level=levels[1], since=NOON.date(), changed_at=NOON)
    assert coupon_months.issue_all(now=NOON) == (1, sorted([few.code, off.code]))


def test_who_rises_gets_the_new_levels_coupons_at_once(levels: tuple[Level, Level]) -> None:
    low, gold = levels
    gives(gold, template(), 2)
    anna = person("安娜")
    change = StandingChange(
        member=anna, before=low, after=gold, why="raised", growth=100, at=NOON, actor="t"
    )
    coupon_months.issue_to_risen([change], at=NOON)
    coupon_months.issue_to_risen([change], at=NOON)
    assert had(anna) == 2
    Standing.objects.create(member=anna, level=gold, since=NOON.date(), changed_at=NOON)
    assert coupon_months.issue_all(now=NOON).members == 0


def test_merging_moves_coupons_and_gives_none_of_the_month_again(
    levels: tuple[Level, Level],
) -> None:
    kind = template()
    gives(levels[0], kind, 1)
    kept, gone = person(), person("周可")
    round_of(kind, [gone], round_name=f"month:{NOON:%Y-%m}")
    coupon_keeping.merge(kept_id=kept.pk, gone_id=gone.pk, at=NOON, actor="staff:1")
    coupon_keeping.merge(kept_id=kept.pk, gone_id=gone.pk, at=NOON, actor="staff:1")
    Member.objects.filter(pk=gone.pk).update(merged_into=kept)
    assert coupon_months.issue_all(now=NOON).members == 0
    assert (had(kept), had(gone)) == (1, 0)
    assert CouponStep.objects.filter(kind="moved").count() == 1


def test_erasing_makes_unused_coupons_void_and_keeps_what_was_used() -> None:
    owner, kind = person(), template(quantity=3)
    used, unused = issued(owner, kind), issued(owner, kind)
    order: dict[str, Any] = {"store_id": shop().pk, "order": "A-1", "actor": "t", "at": NOON}
    coupons.lock(
        member_id=owner.pk,
        lines=basket("20"),
        codes=[used.code],
        until=NOON + DAY,
        **order,
    )
    with pytest.raises(CouponLocked):
        coupon_keeping.erase(member_id=owner.pk, at=NOON, actor="t")
    coupons.use(**order)
    coupon_keeping.erase(member_id=owner.pk, at=NOON, actor="t")
    states = dict(Coupon.objects.values_list("pk", "state"))
    assert states == {used.pk: "used", unused.pk: "void"}
    assert CouponTemplate.objects.get().issued == 1


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_race_of_two_workers_gives_each_member_one() -> None:
    kind, people = template(), [person() for _number in range(40)]
    segment = Segment.objects.create(code="mine", name="我的", kind="list", created_at=NOON)
    for one in people:
        SegmentMember.objects.create(segment=segment, member=one, since=NOON)
    coupon_grants.ask(template_id=kind.pk, segment="mine", reason="店庆", actor="s", at=NOON)
    together(8, lambda n: coupon_grants.work_all(now=NOON))
    assert [had(one) for one in people] == [1] * 40
    assert (CouponGrant.objects.get().given, CouponTemplate.objects.get().issued) == (40, 40)
