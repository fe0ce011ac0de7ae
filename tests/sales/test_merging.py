"""Two rows were one person: afterwards every door and every later return knows only one."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaigns.models import EarningRuleVersion, Event, LimitCounter
from campaigns.policies.events import EventInput
from campaigns.services import events
from members import exceptions, selectors
from members.models import Address, Consent, DeviceSession, Member, MemberTag, Relation, Tag
from members.selectors.relations import bonds
from members.services import addresses, consents, merging, relations, sessions, sign_in
from points.exceptions import AccountFrozen, AccountHasHolds
from points.selectors import audit, balances
from points.services import accounts, holds, ledger
from sales.models import Receipt
from sales.policies.receipts import MemberRef
from stores.models import Store
from tests import cast
from tests.racing import refused, succeeded, together
from tests.sales.conftest import CHEN, LIN, NOON, back, net, publish, receipt, take_one

pytestmark = pytest.mark.django_db
STAFF = "staff:1"


def merge(kept: Member, gone: Member) -> Member:
    return merging.merge(kept_id=kept.pk, gone_id=gone.pk, actor=STAFF, at=NOON)


def balance(member: Member) -> balances.Balance:
    return balances.balance(member.pk, NOON)


def days_of(member: Member) -> list[tuple[int, Any, Any]]:
    """Points and days of what is usable, in the order of use."""
    from points.selectors import lots

    return [(lot.free, lot.earned_at, lot.expires_at) for lot in lots(member.pk, NOON)]


def test_lots_keep_their_days(lin: Member, chen: Member) -> None:
    for member, points, days in ((lin, 50, 20), (chen, 100, 10), (chen, 30, 30), (chen, 7, 40)):
        cast.earned(
            member, points, at=NOON - timedelta(days=days), expires_at=NOON + timedelta(days=days)
        )
    cast.spent(chen, 60, at=NOON)
    before = sorted([*days_of(lin), *days_of(chen)], key=lambda lot: lot[2])
    merge(lin, chen)
    assert days_of(lin) == before
    assert (balance(lin).available, balance(chen).available) == (127, 0)
    assert audit.run().breaches == {}


def test_pending_points_and_debt_come_along(lin: Member, chen: Member) -> None:
    soon, later = NOON + timedelta(days=3), NOON + timedelta(days=90)
    cast.earned(lin, 20, at=NOON)
    cast.earned(chen, 80, at=NOON, usable_at=soon, expires_at=later)
    ledger.claw_back(
        member_id=chen.pk, points=35, reference="c", source="return", actor="t", at=NOON
    )
    assert (balance(chen).debt, balance(chen).pending) == (35, 80)
    merge(lin, chen)
    assert (balance(chen).debt, balance(chen).pending) == (0, 0)
    assert (balance(lin).available, balance(lin).debt, balance(lin).pending) == (0, 15, 80)
    from points.services import maturity

    maturity.release_pending(now=soon)
    found = balances.balance(lin.pk, soon)
    assert (found.available, found.debt) == (65, 0)
    assert audit.run().breaches == {}


def test_what_had_lapsed_stays_lapsed(lin: Member, chen: Member) -> None:
    cast.earned(chen, 40, at=NOON - timedelta(days=9), expires_at=NOON - timedelta(days=1))
    cast.earned(chen, 5, at=NOON)
    merge(lin, chen)
    assert balance(lin).available == 5
    assert balance(chen).expired_total == 40
    assert audit.run().breaches == {}


def test_a_return_takes_from_the_lot_that_its_purchase_became(
    store: Store, rule: EarningRuleVersion, lin: Member, chen: Member
) -> None:
    """Its own lot first, although others lapse sooner; then others, then debt."""
    sale = receipt("A1", "100.00", "60.00", member=CHEN)
    take_one(store, sale)
    cast.earned(lin, 500, at=NOON - timedelta(days=9), expires_at=NOON + timedelta(days=1))
    merge(lin, chen)
    assert Receipt.objects.get().member == lin
    returned = take_one(store, back("A1-R", "A1", sale.lines[0], member=CHEN))
    assert returned.points == -100
    assert [points for points, *_days in days_of(lin)] == [500, 60]
    cast.spent(lin, 560, at=NOON)
    take_one(store, back("A1-R2", "A1", sale.lines[1], member=LIN))
    assert balance(lin).debt == 60
    assert audit.run().breaches == {}


def test_nobody_pays_for_points_that_lapsed_before_the_merge(
    store: Store, rule: EarningRuleVersion, lin: Member, chen: Member
) -> None:
    at = NOON - timedelta(days=366)
    sale = receipt("A1", "100.00", member=CHEN, at=at)
    take_one(store, sale)
    cast.earned(lin, 500, at=NOON)
    merge(lin, chen)
    take_one(store, back("A1-R", "A1", sale.lines[0], member=CHEN))
    assert (balance(lin).available, balance(lin).debt) == (500, 0)
    assert audit.run().breaches == {}


def test_merged_twice_the_way_is_still_known(
    store: Store, rule: EarningRuleVersion, lin: Member, chen: Member
) -> None:
    zhou = cast.member("13700137000", "周可")
    sale = receipt("A1", "100.00", member=CHEN)
    take_one(store, sale)
    merge(lin, chen)
    cast.earned(zhou, 500, at=NOON, expires_at=NOON + timedelta(days=1))
    merge(zhou, lin)
    chen.refresh_from_db()
    assert chen.merged_into == zhou
    take_one(store, back("A1-R", "A1", sale.lines[0], member=CHEN))
    assert [points for points, *_days in days_of(zhou)] == [500]
    assert audit.run().breaches == {}


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    bought=st.lists(st.tuples(st.booleans(), st.integers(1, 90)), min_size=1, max_size=6),
    returned=st.lists(st.integers(0, 5), max_size=6, unique=True),
    merged_after=st.integers(0, 6),
)
def test_a_merge_changes_no_sum(
    bought: Sequence[tuple[bool, int]], returned: Sequence[int], merged_after: int
) -> None:
    """Whenever two are merged, they end with what they would have had as one from the start."""
    from django.db import transaction

    with transaction.atomic():
        publish()
        store = Store.objects.create(code="HZ1", name="西湖店")
        lin = Member.objects.create(number=LIN.value, joined_at=NOON)
        chen = Member.objects.create(
            number="842109375526", external_number=CHEN.value, joined_at=NOON
        )
        sales = [
            receipt(f"S{n}", f"{yuan}.00", member=LIN if is_lin else CHEN)
            for n, (is_lin, yuan) in enumerate(bought)
        ]
        steps: list[Any] = list(sales)
        steps += [
            back(f"R{n}", sales[n].number, sales[n].lines[0], member=sales[n].member)
            for n in returned
            if n < len(sales)
        ]
        for number, step in enumerate(steps):
            if number == merged_after:
                merge(lin, chen)
            take_one(store, step)
        if merged_after >= len(steps):
            merge(lin, chen)
        kept = set(range(len(sales))) - set(returned)
        assert net(lin) == sum(bought[n][1] for n in kept)
        assert net(chen) == 0
        assert audit.run().breaches == {}
        transaction.set_rollback(True)


def test_acts_and_limits_add_up(lin: Member, chen: Member) -> None:
    from campaigns.models import EarningRule

    version = EarningRuleVersion(name="R", starts_at=NOON - timedelta(days=700))
    from campaigns.services import rules as services

    version.save()
    EarningRule.objects.create(
        version=version,
        position=1,
        key="review",
        name="评价",
        trigger="review",
        effect="fixed",
        points=10,
        limits=[{"per": "member", "period": "month", "times": 3}],
    )
    services.publish(
        version=version,
        by=None,
        now=NOON - timedelta(days=600),
        reason="test",
        short_notice_reason="test",
    )

    def review(member: Member, number: int) -> int:
        act = EventInput(
            external_id=str(number), trigger="review", member_id=member.pk, occurred_at=NOON
        )
        told = events.record(source="shop", event=act, actor="t", now=NOON)
        return told.event.points

    assert [review(chen, 1), review(chen, 2), review(lin, 3)] == [10, 10, 10]
    merge(lin, chen)
    assert review(lin, 4) == 0, "three a month of both together are used up"
    assert Event.objects.filter(member=lin).count() == 4
    assert not LimitCounter.objects.filter(member=chen).exists()
    events.reverse(source="shop", external_id="1", reason="spam", actor="t", now=NOON)
    assert balance(lin).available == 20
    assert audit.run().breaches == {}


def test_the_person_comes_along(lin: Member, chen: Member) -> None:
    Member.objects.filter(pk=lin.pk).update(name="")
    Member.objects.filter(pk=chen.pk).update(
        birthday=date(2000, 2, 29), joined_at=NOON - timedelta(days=400)
    )
    tag = Tag.objects.create(name="熟客")
    for member in (lin, chen):
        MemberTag.objects.create(member=member, tag=tag)
    MemberTag.objects.create(member=chen, tag=Tag.objects.create(name="团购"))
    home = addresses.Content("陈", "13800138000", "330106", "文三路")
    for member in (lin, chen):
        addresses.add(member_id=member.pk, content=home, at=NOON)
        consents.give(member_id=member.pk, purpose="terms", at=NOON)
    consents.give(member_id=chen.pk, purpose="marketing", at=NOON)
    friend = cast.member("13700137000", "周可")
    for other in (chen, lin):
        token = relations.invite(member_id=friend.pk, kind="friend", at=NOON).token
        relations.accept(member_id=other.pk, token=token, at=NOON)
    token = relations.invite(member_id=lin.pk, kind="friend", at=NOON).token
    relations.accept(member_id=chen.pk, token=token, at=NOON)
    session = sessions.open_session(member=chen, kind="web", user_agent="x", at=NOON)

    merge(lin, chen)

    lin.refresh_from_db()
    assert (lin.name, lin.birthday) == ("陈大明", date(2000, 2, 29))
    assert lin.joined_at == NOON - timedelta(days=400)
    assert lin.external_number == CHEN.value
    assert selectors.tags_of([lin.pk])[lin.pk] == {"熟客", "团购"}
    assert Address.objects.filter(member=lin).count() == 2
    assert Address.objects.filter(is_default=True).count() == 1
    standing = Consent.objects.standing().values_list("member_id", "purpose")
    assert set(standing) == {(lin.pk, "terms")}, "nobody agreed to offers for this row"
    assert [bond.other for bond in bonds(lin.pk)] == [friend]
    assert Relation.objects.standing().count() == 1
    assert sessions.find(token=session.access_token, kind="web", at=NOON) is None
    assert not DeviceSession.objects.alive(NOON).exists()


def test_every_name_leads_to_who_is_left(
    store: Store, rule: EarningRuleVersion, lin: Member, chen: Member
) -> None:
    Member.objects.filter(pk=chen.pk).update(phone="+8613900139000")
    merge(lin, chen)
    assert list(selectors.found_by(chen.number)) == [lin]
    assert list(selectors.found_by("139 0013 9000")) == [lin]
    assert selectors.member_id("phone", "13900139000") == lin.pk
    assert sign_in.owner_of("+8613900139000") == lin
    for number, ref in enumerate(
        (CHEN, MemberRef("number", chen.number), MemberRef("phone", "13900139000"))
    ):
        take_one(store, receipt(f"N{number}", "10.00", member=ref), create_members=True)
    assert net(lin) == 30
    assert Member.objects.count() == 2


def test_what_stands_in_the_way(lin: Member, chen: Member) -> None:
    with pytest.raises(exceptions.MergeWithOneself):
        merge(lin, lin)
    cast.earned(chen, 50, at=NOON)
    accounts.freeze(member_id=chen.pk, reason="查", reference="f", actor="s", at=NOON)
    with pytest.raises(AccountFrozen):
        merge(lin, chen)
    accounts.unfreeze(member_id=chen.pk, reason="清", reference="u", actor="s", at=NOON)
    holds.hold(
        member_id=chen.pk,
        points=10,
        reference="h",
        source="checkout",
        actor="t",
        at=NOON,
        until=NOON + timedelta(minutes=30),
    )
    with pytest.raises(AccountHasHolds):
        merge(lin, chen)
    chen.refresh_from_db()
    assert not chen.is_closed
    holds.release(member_id=chen.pk, hold_reference="h", reference="r", actor="t", at=NOON)
    merge(lin, chen)
    for pair in ((lin, chen), (chen, lin)):
        with pytest.raises(exceptions.MemberClosed):
            merge(*pair)


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_merges_of_the_same_two_from_both_sides_at_once(lin: Member, chen: Member) -> None:
    for member in (lin, chen):
        cast.earned(member, 100, at=NOON)
    pairs = ((lin, chen), (chen, lin))
    answers = together(24, lambda number: merge(*pairs[number % 2]))
    assert len(succeeded(answers)) == 1
    assert {type(error) for error in refused(answers)} == {exceptions.MemberClosed}
    assert balance(lin).available + balance(chen).available == 200
    assert audit.run().breaches == {}


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_merge_amid_purchases_and_spending(
    store: Store, rule: EarningRuleVersion, lin: Member, chen: Member
) -> None:
    cast.earned(chen, 1000, at=NOON)

    def act(number: int) -> Any:
        if number == 11:
            return merge(lin, chen)
        if number % 2:
            return take_one(store, receipt(f"N{number}", "10.00", member=CHEN))
        return cast.spent(chen, 10, at=NOON)

    answers = together(24, act)
    spent = sum(1 for number in range(0, 24, 2) if not isinstance(answers[number], Exception))
    bought = sum(
        1
        for number in range(1, 24, 2)
        if number != 11 and not isinstance(answers[number], Exception)
    )
    assert not isinstance(answers[11], Exception), answers[11]
    assert bought == 11
    # What was on its way to the row that went is carried over by the next tidying.
    merging.tidy(now=NOON)
    assert balance(chen).available == 0
    assert not Receipt.objects.filter(member=chen).exists()
    total = balance(lin).available
    assert total == 1000 - 10 * spent + 10 * bought
    assert audit.run().breaches == {}
    assert Decimal(total) == sum(points for points, *_days in days_of(lin))
