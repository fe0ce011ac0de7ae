"""The bursts on coupons, two hundred times each: one may hold by luck, two hundred do not."""

from collections.abc import Callable

import pytest

from mall.exceptions import coupons as refusals
from mall.models import Coupon, CouponStep, CouponTemplate, CouponUse
from mall.services import coupon_claims, coupon_guesses, coupons
from mall.services.coupon_claims import Claimed
from tests.mall.making import DAY, NOON, basket, issued, person, shop, template
from tests.racing import refused, succeeded, together

ROUNDS, CALLERS = 200, 24
pytestmark = [pytest.mark.rounds, pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


def test_the_last_coupon(record_property: Callable[[str, object], None]) -> None:
    people = [person() for _number in range(CALLERS)]
    found = 0
    for _round in range(ROUNDS):
        kind = template(quantity=1)
        answers = together(CALLERS, lambda n, kind=kind: issued(people[n], kind))  # type: ignore[misc]  # a default binds the round's own
        codes = {getattr(one, "code", "") for one in refused(answers)}
        counted = CouponTemplate.objects.get(pk=kind.pk).issued
        found += len(succeeded(answers)) != 1 or codes != {"coupons_exhausted"} or counted != 1
    record_property("rounds", ROUNDS)
    assert (found, Coupon.objects.count()) == (0, ROUNDS)


def test_one_coupon_in_two_stores(record_property: Callable[[str, object], None]) -> None:
    owner, places = person(), [shop("xihu"), shop("binjiang")]
    found = 0
    for turn in range(ROUNDS):
        coupon = issued(owner)

        def buy(number: int, *, turn: int = turn, coupon: Coupon = coupon) -> None:
            order, store = f"{turn}-{number}", places[number % 2]
            coupons.lock(
                member_id=owner.pk,
                store_id=store.pk,
                lines=basket("20"),
                codes=[coupon.code],
                order=order,
                until=NOON + DAY,
                actor="till",
                at=NOON,
            )
            coupons.use(store_id=store.pk, order=order, actor="till", at=NOON)

        answers = together(CALLERS, buy)
        found += len(succeeded(answers)) != 1 or len(refused(answers)) != CALLERS - 1
    record_property("rounds", ROUNDS)
    used = CouponUse.objects.filter(state="used").count()
    assert (found, used, CouponStep.objects.filter(kind="used").count()) == (0, ROUNDS, ROUNDS)


def test_guesses(record_property: Callable[[str, object], None]) -> None:
    found = 0
    for turn in range(ROUNDS):
        owner = person()

        def guess(number: int, *, turn: int = turn, pk: int = owner.pk) -> Claimed:
            return coupon_claims.claim(
                member_id=pk,
                typed=f"WRONG{turn}x{number}",
                ip=f"203.{turn}.113.9",
                actor="member",
                at=NOON,
            )

        kinds = [type(one) for one in refused(together(CALLERS, guess))]
        found += kinds.count(refusals.ClaimCodeWrong) != coupon_guesses.MEMBER_GUESSES_PER_HOUR
        found += kinds.count(refusals.CouponGuessesUsedUp) != CALLERS - 10
    record_property("rounds", ROUNDS)
    assert found == 0


def test_the_limit_of_one_member(record_property: Callable[[str, object], None]) -> None:
    owner, found = person(), 0
    for _round in range(ROUNDS):
        kind = template(per_member=3)
        answers = together(CALLERS, lambda _n, kind=kind: issued(owner, kind))  # type: ignore[misc]  # a default binds the round's own
        found += len(succeeded(answers)) != 3
    record_property("rounds", ROUNDS)
    assert (found, Coupon.objects.count()) == (0, 3 * ROUNDS)
