"""Access and refresh tokens of programs."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from members import exceptions
from members.models import DeviceSession, Member
from members.services import registration, sessions
from tests.members.conftest import NOON, PHONE
from tests.racing import refused, succeeded, together


@pytest.fixture
def member(db: None) -> Member:
    return registration.register(phone=PHONE, at=NOON, source="api")


def opened(member: Member) -> sessions.Credentials:
    return sessions.open_session(member=member, kind="api", user_agent="test", at=NOON)


def later(**units: float) -> datetime:
    return NOON + timedelta(**units)


def exchange(token: str, **units: float) -> sessions.Credentials:
    return sessions.refresh(token=token, at=later(**units)).credentials


def is_good(token: str, at: datetime) -> bool:
    return sessions.find(token=token, kind="api", at=at) is not None


def test_access_ends_after_half_an_hour(member: Member) -> None:
    pair = opened(member)
    assert pair.access_expires_at == later(minutes=30)
    assert is_good(pair.access_token, later(minutes=29, seconds=59))
    assert not is_good(pair.access_token, later(minutes=30))


def test_browser_has_one_token_for_ninety_days(member: Member) -> None:
    pair = sessions.open_session(member=member, kind="web", user_agent="test", at=NOON)
    assert (pair.refresh_token, pair.access_expires_at) == ("", later(days=90))


def test_nothing_is_stored_in_the_clear(member: Member) -> None:
    pair = opened(member)
    stored = " ".join(str(value) for value in DeviceSession.objects.values().get().values())
    family, _dot, secret = pair.refresh_token.partition(".")
    assert not [one for one in (pair.access_token, family, secret) if one in stored]


def test_refresh_gives_the_next_pair_and_ends_the_last(member: Member) -> None:
    first = opened(member)
    second = exchange(first.refresh_token, minutes=40)
    assert second.access_expires_at == later(minutes=70)
    assert second.refresh_expires_at == later(days=90, minutes=40)
    assert is_good(second.access_token, later(minutes=41))
    assert not is_good(first.access_token, later(minutes=1))
    third = exchange(second.refresh_token, days=80)
    assert is_good(third.access_token, later(days=80))
    assert len({one.refresh_token for one in (first, second, third)}) == 3


def test_refresh_is_one_device_and_two_statements(
    member: Member, django_assert_num_queries: Any
) -> None:
    pair = opened(member)
    with django_assert_num_queries(4):  # BEGIN and COMMIT, or a savepoint here, around them
        exchange(pair.refresh_token, minutes=40)
    assert DeviceSession.objects.count() == 1


def test_lost_answer_is_given_again(member: Member) -> None:
    first = opened(member)
    second = exchange(first.refresh_token, minutes=40)
    again = exchange(first.refresh_token, minutes=41)
    assert again == second
    assert is_good(again.access_token, later(minutes=42))


def test_spent_token_a_minute_later_signs_the_device_out(member: Member) -> None:
    first = opened(member)
    second = exchange(first.refresh_token, minutes=40)
    with pytest.raises(exceptions.RefreshRefused):
        exchange(first.refresh_token, minutes=41, seconds=1)
    assert not is_good(second.access_token, later(minutes=42))
    with pytest.raises(exceptions.RefreshRefused):
        exchange(second.refresh_token, minutes=42)


def test_token_before_the_last_signs_out_at_once(member: Member) -> None:
    """Within the minute too: whoever has the answer to the last one needs no older one."""
    first = opened(member)
    second = exchange(first.refresh_token, seconds=1)
    third = exchange(second.refresh_token, seconds=2)
    with pytest.raises(exceptions.RefreshRefused):
        exchange(first.refresh_token, seconds=3)
    assert not is_good(third.access_token, later(seconds=4))


def test_other_devices_stay(member: Member) -> None:
    stolen, other = opened(member), opened(member)
    exchange(stolen.refresh_token, minutes=1)
    with pytest.raises(exceptions.RefreshRefused):
        exchange(stolen.refresh_token, minutes=10)
    assert is_good(other.access_token, later(minutes=10))


@pytest.mark.parametrize("token", ["", ".", "x", "x.y", "\ud800.\ud800", "a" * 5000, "\x00.\x00"])
def test_made_up_token_is_refused_and_touches_nobody(member: Member, token: str) -> None:
    pair = opened(member)
    with pytest.raises(exceptions.RefreshRefused):
        exchange(token, minutes=1)
    assert is_good(pair.access_token, later(minutes=2))


def test_refresh_ends_after_ninety_quiet_days(member: Member) -> None:
    pair = opened(member)
    with pytest.raises(exceptions.RefreshRefused):
        exchange(pair.refresh_token, days=90)


def test_token_of_another_purpose_is_refused(member: Member) -> None:
    pair = opened(member)
    assert not is_good(pair.refresh_token, NOON)
    with pytest.raises(exceptions.RefreshRefused):
        exchange(pair.access_token, minutes=1)


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("round_", range(5))
def test_burst_of_one_refresh_agrees(round_: int) -> None:
    member = registration.register(phone=PHONE, at=NOON, source="api")
    pair = opened(member)
    answers = together(24, lambda n: exchange(pair.refresh_token, minutes=1, milliseconds=n))
    assert refused(answers) == []
    assert len({answer.refresh_token for answer in succeeded(answers)}) == 1
    following = succeeded(answers)[0]
    assert is_good(following.access_token, later(minutes=2))
    assert exchange(following.refresh_token, minutes=3).refresh_token != following.refresh_token


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_burst_of_a_spent_refresh_signs_out_once_and_for_all() -> None:
    member = registration.register(phone=PHONE, at=NOON, source="api")
    pair = opened(member)
    following = exchange(pair.refresh_token, minutes=1)
    tokens = (pair.refresh_token, following.refresh_token)
    together(24, lambda n: exchange(tokens[n % 2], minutes=10, milliseconds=n))
    row = DeviceSession.objects.get()
    assert row.revoked_at is not None
    with pytest.raises(exceptions.RefreshRefused):
        exchange(following.refresh_token, minutes=11)
