"""Codes that give a coupon: one each, once, and few guesses."""

from datetime import timedelta
from typing import Any

import pytest

from mall.exceptions import coupons as refusals
from mall.models import Coupon, CouponCode
from mall.services import coupon_claims, coupon_guesses, coupons
from mall.services.coupon_claims import Claimed
from members.models import Member, Segment, SegmentMember
from tests.mall.making import DAY, NOON, issued, person, template
from tests.racing import refused, succeeded, together

pytestmark = pytest.mark.django_db(transaction=True)


def claim(owner: Member, typed: str, **values: Any) -> Claimed:
    order: dict[str, Any] = {
        "member_id": owner.pk,
        "typed": typed,
        "ip": "203.0.113.9",
        "actor": f"member:{owner.pk}",
        "at": NOON,
    }
    return coupon_claims.claim(**(order | values))


def codes(size: int = 1, **values: Any) -> list[str]:
    return coupon_claims.make_batch(
        template_id=template(**values).pk, size=size, note="传单", actor="staff:1", at=NOON
    )[1]


def test_a_public_code_gives_one_to_each_however_it_is_typed() -> None:
    template(public_code="SPRING2026", per_member=5)
    one, other = person(), person("周可")
    first = claim(one, " spring-2026 ")
    assert (first.is_new, first.coupon.source, first.coupon.member_id) == (True, "code", one.pk)
    again = claim(one, "SPRING2026")
    assert (again.is_new, again.coupon.pk) == (False, first.coupon.pk)
    assert claim(one, "\uff33pring2026").coupon.pk == first.coupon.pk  # a full-width S
    assert claim(other, "SPRING2026").is_new
    assert Coupon.objects.count() == 2


def test_a_code_of_a_batch_is_for_the_first() -> None:
    (code,) = codes()
    one, other = person(), person("周可")
    first = claim(one, code.lower())
    assert claim(one, code).coupon.pk == first.coupon.pk
    with pytest.raises(refusals.ClaimCodeWrong):
        claim(other, code)
    assert CouponCode.objects.get().coupon_id == first.coupon.pk
    assert code not in str(list(CouponCode.objects.values()))


def test_a_stopped_batch_gives_nothing_more() -> None:
    first, second = codes(2)
    owner = person()
    claim(owner, first)
    coupon_claims.stop_batch(batch_id=CouponCode.objects.all()[0].batch_id)
    with pytest.raises(refusals.ClaimCodeWrong):
        claim(owner, second)
    assert not claim(owner, first).is_new


def test_the_audience_is_asked() -> None:
    template(public_code="FORVIP", segments=["vip"])
    owner = person()
    with pytest.raises(refusals.CouponNotIssued) as raised:
        claim(owner, "FORVIP")
    assert raised.value.code == "coupon_segment_missing"
    vip = Segment.objects.create(code="vip", kind="rfm", created_at=NOON)
    SegmentMember.objects.create(segment=vip, member=owner, since=NOON)
    assert claim(owner, "FORVIP").is_new
    template(public_code="FORGOLD", levels=["gold"])
    with pytest.raises(refusals.CouponNotIssued) as raised:
        claim(owner, "FORGOLD")
    assert raised.value.code == "coupon_level_missing"


def test_guesses_are_few_and_right_codes_cost_none() -> None:
    template(public_code="SPRING2026")
    owner = person()
    for _number in range(30):
        claim(owner, "SPRING2026")
    for _number in range(coupon_guesses.MEMBER_GUESSES_PER_HOUR):
        with pytest.raises(refusals.ClaimCodeWrong):
            claim(owner, "WRONG")
    with pytest.raises(refusals.CouponGuessesUsedUp):
        claim(owner, "SPRING2026")
    assert not claim(owner, "SPRING2026", at=NOON + timedelta(hours=1)).is_new


def test_a_network_gets_sixty_guesses() -> None:
    for _number in range(coupon_guesses.NETWORK_GUESSES_PER_HOUR // 10):
        owner = person()
        for _guess in range(10):
            with pytest.raises(refusals.ClaimCodeWrong):
                claim(owner, "WRONG")
    with pytest.raises(refusals.CouponGuessesUsedUp):
        claim(person(), "WRONG")
    with pytest.raises(refusals.ClaimCodeWrong):
        claim(person(), "WRONG", ip="198.51.100.9")


@pytest.mark.parametrize("typed", ["", " ", "\x00", "\uff10", "O" * 5000, "\ud800", "\u4e94\u5143"])
def test_nonsense_is_a_wrong_code(typed: str) -> None:
    with pytest.raises(refusals.ClaimCodeWrong):
        claim(person(), typed)


def test_void_and_over_are_told() -> None:
    owner = person()
    template(public_code="OVER", ends_at=NOON - DAY)
    with pytest.raises(refusals.CouponNotIssued) as raised:
        claim(owner, "OVER")
    assert raised.value.code == "coupon_template_over"
    template(public_code="AGAIN")
    given = claim(owner, "AGAIN").coupon
    coupons.void(coupon_id=given.pk, reason="印错", actor="staff:1", at=NOON)
    with pytest.raises(refusals.CouponVoid):
        claim(owner, "AGAIN")


@pytest.mark.parametrize("size", [0, -1, 10_001])
def test_a_batch_has_a_sensible_size(size: int) -> None:
    with pytest.raises(refusals.CouponNotIssued):
        codes(size)


@pytest.mark.postgresql
def test_race_of_guesses_counts_exactly() -> None:
    owner = person()
    issued(owner)
    answers = together(24, lambda n: claim(owner, f"WRONG{n}"))
    kinds = [type(one) for one in refused(answers)]
    assert kinds.count(refusals.ClaimCodeWrong) == coupon_guesses.MEMBER_GUESSES_PER_HOUR
    assert kinds.count(refusals.CouponGuessesUsedUp) == 14


@pytest.mark.postgresql
def test_race_for_one_code_of_a_batch_gives_one() -> None:
    (code,) = codes()
    people = [person() for _number in range(24)]
    answers = together(24, lambda n: claim(people[n], code, ip=f"203.0.{n}.9"))
    assert len(succeeded(answers)) == 1
    assert {type(one) for one in refused(answers)} == {refusals.ClaimCodeWrong}


@pytest.mark.postgresql
def test_race_of_one_member_with_a_public_code_gives_one() -> None:
    template(public_code="SPRING2026")
    owner = person()
    answers = succeeded(together(8, lambda n: claim(owner, "SPRING2026")))
    assert len({one.coupon.pk for one in answers}) == 1
    assert [one.is_new for one in answers].count(True) == 1
