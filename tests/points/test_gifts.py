"""Gifts between people who are bound: conserved, within limits, with their dates (I12)."""

import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from members.models import Member, Relation
from members.services import relations
from points import exceptions, selectors
from points.models import Entry, Gift, GiftSettings, Lot
from points.selectors import audit
from points.selectors import gifts as gift_selectors
from points.services import accounts, gifts
from tests import cast
from tests.points.conftest import NOON
from tests.racing import refused, succeeded, together

pytestmark = pytest.mark.django_db
WEEK = timedelta(days=7)


def bind(one: Member, other: Member, *, at: datetime = NOON - WEEK) -> Relation:
    token = relations.invite(member_id=one.pk, kind="family", at=at).token
    return relations.accept(member_id=other.pk, token=token, at=at)


@pytest.fixture
def pair() -> tuple[Member, Member]:
    GiftSettings.objects.create(is_on=True)
    one, other = cast.member("13800138000", "林小雨"), cast.member("13900139000", "周可")
    bind(one, other)
    cast.earned(one, 300, at=NOON, expires_at=NOON + timedelta(days=30))
    cast.earned(one, 500, at=NOON, expires_at=NOON + timedelta(days=10))
    return one, other


def give(one: Member, other: Member, points: int = 100, **changes: Any) -> gifts.Given:
    content: dict[str, Any] = {
        "giver_id": one.pk,
        "receiver_id": other.pk,
        "points": points,
        "words": "",
        "key": uuid.uuid4().hex,
        "actor": f"member:{one.pk}",
        "at": NOON,
    }
    return gifts.give(**(content | changes))


def change(**values: Any) -> None:
    GiftSettings.objects.update(**values)


def balance(member: Member) -> int:
    return selectors.balance(member.pk, NOON).available


def test_the_dates_travel_with_the_points(pair: tuple[Member, Member]) -> None:
    one, other = pair
    would = gift_selectors.would_use(one.pk, 600, NOON)
    assert [(lot.granted, taken) for lot, taken in would] == [(500, 500), (300, 100)]
    given = give(one, other, 600, words="生日快乐")
    assert (balance(one), balance(other)) == (200, 600)
    lots = Lot.objects.filter(account__member=other).order_by("expires_at")
    assert [(lot.granted, lot.expires_at - NOON) for lot in lots] == [
        (500, timedelta(days=10)),
        (100, timedelta(days=30)),
    ]
    assert given.gift.out_entry.kind == Entry.Kind.TRANSFER_OUT
    assert given.gift.in_entry.explanation == {"type": "gift"}
    assert audit.run().breaches == {}


def test_a_key_gives_once(pair: tuple[Member, Member]) -> None:
    one, other = pair
    first = give(one, other, key="k")
    again = give(one, other, key="k")
    assert (again.gift, again.is_replay, balance(other)) == (first.gift, True, 100)
    with pytest.raises(exceptions.ReferenceConflict):
        give(one, other, 101, key="k")


def test_off_by_default() -> None:
    assert gift_selectors.gift_settings().is_on is False
    one, other = cast.member("13800138000"), cast.member("13900139000")
    bind(one, other)
    cast.earned(one, 100, at=NOON)
    with pytest.raises(exceptions.GiftsOff):
        give(one, other)


def test_only_to_the_bound_and_after_a_while(pair: tuple[Member, Member]) -> None:
    one, other = pair
    stranger = cast.member("13700137000")
    for wrong in (stranger, one):
        with pytest.raises(exceptions.NotBound):
            give(one, wrong)
    change(cooling_off_days=8)
    with pytest.raises(exceptions.GiftTooEarly) as refusal:
        give(one, other)
    assert "2026-" in str(refusal.value)
    assert give(one, other, at=NOON + timedelta(days=1)).gift.points == 100
    relation = Relation.objects.get()
    relations.end(member_id=other.pk, relation_id=relation.pk, actor="m", at=NOON)
    with pytest.raises(exceptions.NotBound):
        give(one, other, at=NOON + timedelta(days=1))


def test_to_the_second_of_the_cooling_off(pair: tuple[Member, Member]) -> None:
    one, other = pair
    with pytest.raises(exceptions.GiftTooEarly):
        give(one, other, at=NOON - timedelta(seconds=1))
    assert give(one, other, at=NOON).gift.given_at == NOON


def test_limits_of_the_month(pair: tuple[Member, Member]) -> None:
    one, other = pair
    change(points_min=50, points_max=200, gifts_per_month=3, points_per_month=420)
    for points in (49, 201):
        with pytest.raises(exceptions.GiftOutOfRange):
            give(one, other, points)
    give(one, other, 200)
    give(one, other, 170)
    with pytest.raises(exceptions.GiftsExhausted) as refusal:
        give(one, other, 51)
    assert refusal.value.code == "gift_points_used_up"
    give(one, other, 50)
    with pytest.raises(exceptions.GiftsExhausted) as refusal:
        give(one, other, 50)
    assert refusal.value.code == "gifts_used_up"
    left = gift_selectors.allowance(one.pk, NOON)
    assert (left.gifts_left, left.points_left, left.most) == (0, 0, 0)
    next_month = gift_selectors.month_start(NOON) + timedelta(days=31)
    fresh = gift_selectors.month_start(next_month)
    assert gift_selectors.allowance(one.pk, fresh).most == 200
    assert gift_selectors.allowance(one.pk, fresh - timedelta(microseconds=1)).most == 0


def test_nobody_gathers_the_points_of_many(pair: tuple[Member, Member]) -> None:
    one, other = pair
    third = cast.member("13700137000")
    bind(third, other)
    cast.earned(third, 100, at=NOON)
    change(received_per_month=150)
    give(one, other, 100)
    with pytest.raises(exceptions.GiftsExhausted) as refusal:
        give(third, other, 51)
    assert refusal.value.code == "gifts_received_full"
    assert give(third, other, 50).gift.points == 50


def test_never_from_or_to_a_frozen_account(pair: tuple[Member, Member]) -> None:
    one, other = pair
    accounts.freeze(member_id=other.pk, reason="欺诈嫌疑", reference="f", actor="s", at=NOON)
    with pytest.raises(exceptions.ReceiverUnavailable) as refusal:
        give(one, other)
    assert "欺诈" not in str(refusal.value), "the reason is nobody else's business"
    accounts.unfreeze(member_id=other.pk, reason="查清", reference="u", actor="s", at=NOON)
    accounts.freeze(member_id=one.pk, reason="核对", reference="f1", actor="s", at=NOON)
    with pytest.raises(exceptions.AccountFrozen):
        give(one, other)
    assert not Gift.objects.exists()


@pytest.mark.parametrize("points", [0, -5, 1.5, True, "100", None, 10**16])
def test_points_that_are_none(pair: tuple[Member, Member], points: Any) -> None:
    with pytest.raises(exceptions.InvalidPoints):
        give(*pair, points)


@pytest.mark.parametrize(
    "changes", [{"words": "x" * 61}, {"words": "a\x00b"}, {"key": ""}, {"key": "k" * 65}]
)
def test_texts_that_are_none(pair: tuple[Member, Member], changes: dict[str, Any]) -> None:
    with pytest.raises(exceptions.InvalidText):
        give(*pair, **changes)


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_the_whole_balance_given_24_times_at_once(pair: tuple[Member, Member]) -> None:
    """The attack that minted points elsewhere: every gift sees the same balance."""
    one, other = pair
    change(gifts_per_month=99, points_per_month=99_999, received_per_month=99_999)
    answers = together(24, lambda number: give(one, other, 800, key=f"k{number}"))
    assert len(succeeded(answers)) == 1
    assert {type(error) for error in refused(answers)} == {exceptions.InsufficientPoints}
    assert (balance(one), balance(other)) == (0, 800)
    assert (Gift.objects.count(), Entry.objects.filter(kind="transfer_in").count()) == (1, 1)
    assert audit.run().breaches == {}


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_monthly_limits_hold_in_a_burst(pair: tuple[Member, Member]) -> None:
    one, other = pair
    change(gifts_per_month=4, points_per_month=250)
    answers = together(24, lambda number: give(one, other, 50 + number % 2, key=f"k{number}"))
    assert len(succeeded(answers)) == 4
    assert {getattr(error, "code", error) for error in refused(answers)} == {"gifts_used_up"}
    assert balance(one) + balance(other) == 800


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_gifts_in_a_ring_conserve_points_and_do_not_deadlock(
    pair: tuple[Member, Member],
) -> None:
    one, other = pair
    third = cast.member("13700137000")
    bind(one, third)
    bind(other, third)
    for member in (other, third):
        cast.earned(member, 800, at=NOON, expires_at=NOON + timedelta(days=20))
    change(gifts_per_month=99, points_per_month=99_999, received_per_month=99_999)
    ring = [(one, other), (other, third), (third, one)]
    answers = together(24, lambda number: give(*ring[number % 3], 80, key=f"k{number}"))
    assert len(succeeded(answers)) == 24
    assert [balance(member) for member in (one, other, third)] == [800, 800, 800]
    assert audit.run().breaches == {}


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_one_key_sent_24_times_gives_once(pair: tuple[Member, Member]) -> None:
    one, other = pair
    answers = together(24, lambda number: give(one, other, 100, key="same"))
    assert len(succeeded(answers)) == 24
    assert balance(other) == 100
    assert Gift.objects.count() == 1


# --- doors ------------------------------------------------------------------------------------


@pytest.fixture
def now_pair() -> tuple[Member, Member]:
    """Two who may give at the moment at which the test runs."""
    GiftSettings.objects.create(is_on=True)
    one, other = cast.member("13800138000", "林小雨"), cast.member("13900139000", "周可")
    bind(one, other, at=timezone.now() - WEEK)
    cast.earned(one, 300)
    return one, other


def post(client: Client, key: str | None = "k1", **content: Any) -> Any:
    headers = {"Idempotency-Key": key} if key else {}
    return client.post(
        "/api/v1/me/gifts", content, content_type="application/json", headers=headers
    )


def test_by_api(now_pair: tuple[Member, Member]) -> None:
    one, other = now_pair
    program = cast.program_of(one)
    relation = Relation.objects.get().pk
    first = post(program, relation=relation, points=100, words="给你")
    again = post(program, relation=relation, points=100, words="给你")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert first.json()["other"] == "周可"
    assert post(program, relation=relation, points=99).status_code == 409
    assert post(program, None, relation=relation, points=99).status_code == 400
    assert post(program, relation=relation + 1, points=99).status_code == 404
    assert post(program, "k2", relation=relation, points=9).status_code == 422
    got = cast.program_of(other).get("/api/v1/me/gifts").json()
    assert [(row["direction"], row["points"]) for row in got["results"]] == [("received", 100)]
    left = program.get("/api/v1/me/gifts/allowance").json()
    assert (left["gifts_left"], left["points_left"]) == (2, 1900)
    assert (
        post(cast.program_of(cast.member("13700137000")), relation=relation, points=50).json()[
            "code"
        ]
        == "relation_unknown"
    )


def test_in_the_browser_without_javascript(now_pair: tuple[Member, Member]) -> None:
    one, other = now_pair
    client = cast.browser_of(one)
    page = f"/points/gifts/{Relation.objects.get().pk}/"
    content = client.get(page).content.decode()
    key = content.partition('name="key" value="')[2].partition('"')[0]
    asked = {"points": "120", "words": "<b>生日快乐</b>", "key": key}
    seen = client.post(page, asked).content.decode()
    assert "180" in seen, "what is left is said before"
    assert "<b>生日" not in seen
    assert not Gift.objects.exists(), "the first press only shows what would happen"
    for _click in range(2):
        assert client.post(page, {**asked, "confirmed": "1"}).status_code == 302
    assert selectors.balance(other.pk, timezone.now()).available == 120
    assert "120" in client.get("/points/gifts/").content.decode()
    entry = Gift.objects.get().in_entry_id
    assert "生日快乐" in cast.browser_of(other).get(f"/points/entries/{entry}/").content.decode()


@pytest.mark.parametrize("data", [{"points": "9999"}, {"points": "x"}, {"points": "5"}, {}])
def test_a_wrong_form_gives_nothing(now_pair: tuple[Member, Member], data: dict[str, str]) -> None:
    one, _other = now_pair
    page = f"/points/gifts/{Relation.objects.get().pk}/"
    answer = cast.browser_of(one).post(page, {"key": "k", "confirmed": "1", **data})
    assert answer.status_code == 422
    assert "errors" in answer.content.decode()
    assert not Gift.objects.exists()


@pytest.mark.parametrize("count", [1, 3])
def test_lists_cost_the_same(
    now_pair: tuple[Member, Member], count: int, django_assert_num_queries: Any
) -> None:
    one, _other = now_pair
    relation = Relation.objects.get().pk
    program = cast.program_of(one)
    for number in range(count):
        assert post(program, f"k{number}", relation=relation, points=50).status_code == 201
    with django_assert_num_queries(2):
        program.get("/api/v1/me/gifts")
    client = cast.browser_of(one)
    with django_assert_num_queries(6):
        client.get("/points/gifts/")
