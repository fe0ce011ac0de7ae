from datetime import timedelta
from typing import Any

import pytest

from members.models import DeviceSession, Member
from members.services import registration, sessions
from tests.members.conftest import NOON, PHONE


@pytest.fixture
def member(db: None) -> Member:
    return registration.register(phone=PHONE, at=NOON, source="web")


def open_session(member: Member, *, kind: str = "web", user_agent: str = "Firefox") -> str:
    return sessions.open_session(
        member=member, kind=kind, user_agent=user_agent, at=NOON
    ).access_token


def test_token_is_not_stored(member: Member) -> None:
    token = open_session(member)
    row = DeviceSession.objects.get()
    assert token not in (row.token_hash, row.user_agent)
    assert len(token) >= 43


def test_find_is_one_query(member: Member, django_assert_num_queries: Any) -> None:
    token = open_session(member)
    with django_assert_num_queries(1):
        found = sessions.find(token=token, kind="web", at=NOON + timedelta(hours=23))
        assert found is not None
        assert found.member.phone == PHONE


def test_use_prolongs_once_a_day(member: Member) -> None:
    token = open_session(member)
    at = NOON + timedelta(days=80)
    assert sessions.find(token=token, kind="web", at=at) is not None
    assert DeviceSession.objects.get().expires_at == at + sessions.IDLE_LIFETIME


@pytest.mark.parametrize(
    ("token", "kind", "days"),
    [
        (None, "api", 0),
        (None, "web", 90),
        ("", "web", 0),
        ("x" * 43, "web", 0),
        ("x" * 5000, "web", 0),
    ],
)
def test_find_refuses(member: Member, token: str | None, kind: str, days: int) -> None:
    """A token for another door, a lapsed one, none, a made-up one, a giant one."""
    real = open_session(member)
    wanted = real if token is None else token
    assert sessions.find(token=wanted, kind=kind, at=NOON + timedelta(days=days)) is None


def test_close_ends_one_device(member: Member) -> None:
    first, second = open_session(member), open_session(member)
    sessions.close(token=first, at=NOON)
    assert sessions.find(token=first, kind="web", at=NOON) is None
    assert sessions.find(token=second, kind="web", at=NOON) is not None


def test_device_name_is_printable_and_short(member: Member) -> None:
    open_session(member, user_agent="A\x00\n\u202e" + "b" * 500)
    assert DeviceSession.objects.get().user_agent == "A" + "b" * 199
