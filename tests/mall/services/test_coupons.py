"""Coupons from issue to use and back: each once, whatever is repeated or raced."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from mall.exceptions import coupons as refusals
from mall.models import Coupon, CouponStep, CouponTemplate, CouponUse
from mall.policies.coupons import Discount
from mall.services import coupons
from members.models import Member
from stores.models import Store
from tests.mall.making import DAY, NOON, basket, issued, person, shop, template
from tests.racing import refused, succeeded, together

UNTIL = NOON + timedelta(minutes=15)
pytestmark = pytest.mark.django_db


def lock(owner: Member, *codes: str, at: datetime = NOON, **values: Any) -> list[Discount]:
    order: dict[str, Any] = {
        "member_id": owner.pk,
        "store_id": shop().pk,
        "lines": basket("20", "10"),
        "codes": codes,
        "order": "A-1",
        "until": at + timedelta(minutes=15),
        "actor": "till:1",
        "at": at,
    }
    return coupons.lock(**(order | values))


def use(order: str = "A-1", *, at: datetime = NOON, store: Store | None = None) -> list[Discount]:
    return coupons.use(store_id=(store or shop()).pk, order=order, actor="till:1", at=at)


def state(coupon: Coupon) -> str:
    return Coupon.objects.get(pk=coupon.pk).state


def steps(coupon: Coupon) -> list[str]:
    return list(coupon.steps.order_by("pk").values_list("kind", flat=True))


def test_issue_repeats_its_first_answer_and_refuses_another_content() -> None:
    owner, kind = person(), template()
    first = issued(owner, kind, quantity=3, reference="r:1")
    assert Coupon.objects.count() == 3
    again = issued(owner, kind, quantity=3, reference="r:1")
    assert (again.pk, Coupon.objects.count()) == (first.pk, 3)
    assert CouponTemplate.objects.get().issued == 3
    with pytest.raises(refusals.CouponNotIssued) as raised:
        issued(owner, kind, quantity=2, reference="r:1")
    assert raised.value.code == "coupon_reference_conflict"


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"is_on": False}, "coupon_template_off"),
        ({"ends_at": NOON}, "coupon_template_over"),
        ({"quantity": 0}, "coupons_exhausted"),
        ({"per_member": 0}, "coupon_limit_ever"),
        ({"per_member_month": 0}, "coupon_limit_month"),
        ({"per_member_day": 0}, "coupon_limit_day"),
    ],
)
def test_issue_refused(values: dict[str, Any], code: str) -> None:
    with pytest.raises(refusals.CouponNotIssued) as raised:
        issued(person(), template(**values))
    assert raised.value.code == code
    assert (Coupon.objects.count(), CouponTemplate.objects.get().issued) == (0, 0)


@pytest.mark.parametrize("quantity", [0, -1, 101, 2**63, True, "1"])
def test_issue_of_a_senseless_number_is_refused(quantity: Any) -> None:
    with pytest.raises(refusals.CouponNotIssued):
        issued(person(), quantity=quantity)


def test_validity_is_whole_days_of_the_shop_or_fixed() -> None:
    owner = person()
    by_days = issued(owner, template(days=1))
    assert by_days.expires_at == NOON + timedelta(hours=36)  # the end of tomorrow
    fixed = issued(owner, template(starts_at=NOON + DAY, ends_at=NOON + 3 * DAY))
    assert (fixed.starts_at, fixed.expires_at) == (NOON + DAY, NOON + 3 * DAY)


def test_lock_use_and_give_back() -> None:
    owner = person()
    coupon = issued(owner)
    held = lock(owner, coupon.grouped_code.lower())
    assert held[0].by_line == {1: Decimal("3.33"), 2: Decimal("1.67")}
    assert lock(owner, coupon.code) == held
    assert use() == held == use()
    assert state(coupon) == "used"
    back = coupons.give_back(
        store_id=shop().pk, order="A-1", codes=None, actor="till:1", at=NOON + DAY
    )
    assert [(one.is_given_back, one.yuan) for one in back] == [(True, Decimal(5))]
    assert (
        coupons.give_back(
            store_id=shop().pk, order="A-1", codes=[coupon.code], actor="till:1", at=NOON + DAY
        )
        == back
    )
    assert state(coupon) == "open"
    assert steps(coupon) == ["issued", "locked", "used", "given_back"]
    lock(owner, coupon.code, order="A-2", at=NOON + DAY)
    assert use("A-2", at=NOON + DAY)[0].yuan == Decimal(5)


def test_a_coupon_that_is_lost_with_its_return_stays_used() -> None:
    owner = person()
    coupon = issued(owner, template(on_return="lost"))
    lock(owner, coupon.code)
    use()
    back = coupons.give_back(store_id=shop().pk, order="A-1", codes=None, actor="t", at=NOON)
    assert [one.is_given_back for one in back] == [False]
    assert (state(coupon), steps(coupon)[-1]) == ("used", "lost")
    with pytest.raises(refusals.CouponUsed):
        lock(owner, coupon.code, order="A-2")


def test_an_order_with_other_content_is_refused() -> None:
    owner = person()
    one, other = issued(owner), issued(owner)
    lock(owner, one.code)
    for values in ({"codes": [other.code]}, {"lines": basket("20", "11")}):
        with pytest.raises(refusals.CouponOrderConflict):
            lock(owner, one.code, **values)


def test_release_frees_and_a_used_one_is_not_released() -> None:
    owner = person()
    coupon = issued(owner)
    lock(owner, coupon.code)
    order: dict[str, Any] = {"store_id": shop().pk, "order": "A-1", "actor": "t", "at": NOON}
    assert coupons.release(**order) == 1
    assert coupons.release(**order) == 0
    with pytest.raises(refusals.CouponOrderUnknown):
        use()
    lock(owner, coupon.code)
    use()
    with pytest.raises(refusals.CouponUsed):
        coupons.release(**order)


def test_a_lock_past_its_time_is_free_at_once_and_by_the_job() -> None:
    owner = person()
    coupon = issued(owner)
    lock(owner, coupon.code)
    with pytest.raises(refusals.CouponLocked):
        lock(owner, coupon.code, order="B-1", at=UNTIL - timedelta(seconds=1))
    with pytest.raises(refusals.CouponLockLapsed):
        use(at=UNTIL)
    lock(owner, coupon.code, order="B-1", at=UNTIL)
    assert CouponUse.objects.get(order="A-1").state == "released"
    assert coupons.release_stale_locks(now=UNTIL) == 0
    assert coupons.release_stale_locks(now=UNTIL + DAY) == 1
    assert coupons.release_stale_locks(now=UNTIL + DAY) == 0
    assert steps(coupon) == ["issued", "locked", "released", "locked", "released"]
    assert lock(owner, coupon.code, order="A-1", at=UNTIL)[0].yuan == Decimal(5)


def test_lock_takes_all_or_none_and_tells_the_reason() -> None:
    owner, other = person(), person("周可")
    fine, theirs = issued(owner), issued(other)
    over = issued(owner, template(days=1), at=NOON - 5 * DAY)
    waits = issued(owner, template(starts_at=NOON + DAY, ends_at=NOON + 3 * DAY))
    away = issued(owner, template(store_ids=[0]))
    void = coupons.void(coupon_id=issued(owner).pk, reason="印错", actor="staff:1", at=NOON)
    for code, kind in (
        (theirs.code, refusals.CouponUnknown),
        ("nonsense", refusals.CouponUnknown),
        (over.code, refusals.CouponLapsed),
        (waits.code, refusals.CouponWaits),
        (away.code, refusals.CouponWrongStore),
        (void.code, refusals.CouponVoid),
        (fine.code, refusals.CouponTwice),
    ):
        with pytest.raises(kind):
            lock(owner, fine.code, code)
    assert state(fine) == "open"
    told = coupons.quote(
        member_id=owner.pk,
        store_id=shop().pk,
        lines=basket("3"),
        codes=[fine.code, theirs.code, "x", away.code],
        at=NOON,
    )
    assert [(one.code, one.yuan) for one in told.discounts] == [(fine.code, Decimal(3))]
    assert {code: one.code for code, one in told.refusals.items()} == {
        theirs.code: "coupon_unknown",
        "x": "coupon_unknown",
        away.code: "coupon_wrong_store",
    }


def test_offers_are_the_best_first_and_each_by_itself() -> None:
    owner = person()
    five, ten = issued(owner), issued(owner, template(amount=Decimal(10)))
    dear = issued(owner, template(kind="threshold", threshold=Decimal(99)))
    told = coupons.offers(member_id=owner.pk, store_id=shop().pk, lines=basket("30"), at=NOON)
    assert [one.code for one in told.discounts] == [ten.code, five.code]
    assert str(told.refusals[dear.code].params["missing"]) == "69.00"


def test_void_frees_the_piece_and_the_limit() -> None:
    owner, kind = person(), template(quantity=1, per_member=1)
    first = issued(owner, kind, reference="redemption:1")
    assert coupons.void_unused(reference="redemption:1", reason="退单", actor="s", at=NOON) == 1
    assert coupons.void_unused(reference="redemption:1", reason="退单", actor="s", at=NOON) == 0
    assert (state(first), CouponTemplate.objects.get().issued) == ("void", 0)
    second = issued(owner, kind)
    lock(owner, second.code)
    with pytest.raises(refusals.CouponLocked):
        coupons.void(coupon_id=second.pk, reason="x", actor="s", at=NOON)
    use()
    with pytest.raises(refusals.CouponUsed):
        coupons.void_unused(reference=second.reference, reason="x", actor="s", at=NOON)


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_race_for_the_last_coupon_gives_exactly_one() -> None:
    kind = template(quantity=1)
    people = [person() for _number in range(24)]
    answers = together(24, lambda n: issued(people[n], CouponTemplate.objects.get(pk=kind.pk)))
    assert len(succeeded(answers)) == 1
    assert {one.code for one in refused(answers)} == {"coupons_exhausted"}  # type: ignore[attr-defined]
    assert (Coupon.objects.count(), CouponTemplate.objects.get().issued) == (1, 1)


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_race_of_one_member_keeps_the_limit() -> None:
    kind, owner = template(per_member=5), person()
    answers = together(24, lambda n: issued(owner, kind))
    assert len(succeeded(answers)) == 5
    assert {one.code for one in refused(answers)} == {"coupon_limit_ever"}  # type: ignore[attr-defined]


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_race_for_one_coupon_in_two_stores_uses_it_once() -> None:
    owner, places = person(), [shop("xihu"), shop("binjiang")]
    coupon = issued(owner)

    def buy(number: int) -> list[Discount]:
        store, order = places[number % 2], f"R-{number}"
        lock(owner, coupon.code, store_id=store.pk, order=order)
        return use(order, store=store)

    answers = together(24, buy)
    assert len(succeeded(answers)) == 1
    assert len(refused(answers)) == 23
    assert CouponUse.objects.filter(state="used").count() == 1
    assert CouponStep.objects.filter(kind="used").count() == 1


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_race_of_one_order_uses_its_coupon_once() -> None:
    owner = person()
    coupon = issued(owner)
    lock(owner, coupon.code)
    answers = together(24, lambda n: use())
    assert len(succeeded(answers)) == 24
    assert CouponStep.objects.filter(kind="used", coupon=coupon).count() == 1
