"""One cast of people for the tests of the doors, and the ways in which they come."""

from datetime import datetime, timedelta
from itertools import count
from typing import Any

from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from members.models import DeviceSession, Member
from members.services import registration, sessions
from members.views import SESSION_COOKIE
from points.services import ledger
from points.services.rows import Posting

_references = count(1)


def member(phone: str = "13800138000", name: str = "林小雨") -> Member:
    return registration.register(phone=phone, name=name, at=timezone.now(), source="web")


def earned(
    person: Member, points: int = 100, *, at: datetime | None = None, **values: Any
) -> Posting:
    """Points from a purchase, valid for a year unless `expires_at` says otherwise."""
    at = at or timezone.now()
    order: dict[str, Any] = {
        "member_id": person.pk,
        "points": points,
        "reference": f"purchase:{next(_references)}",
        "source": "purchase",
        "actor": "test",
        "at": at,
        "expires_at": at + timedelta(days=365),
    }
    return ledger.earn(**(order | values))


def spent(person: Member, points: int, **values: Any) -> Posting:
    order: dict[str, Any] = {
        "member_id": person.pk,
        "points": points,
        "reference": f"redemption:{next(_references)}",
        "source": "mall",
        "actor": "test",
        "at": timezone.now(),
    }
    return ledger.spend(**(order | values))


def browser_of(person: Member) -> Client:
    """A browser in which `person` is signed in."""
    client = Client()
    client.cookies[SESSION_COOKIE] = token(person, DeviceSession.Kind.WEB)
    return client


def program_of(person: Member, **headers: str) -> Client:
    """A mini-program in which `person` is signed in."""
    return Client(
        headers={"Authorization": f"Bearer {token(person, DeviceSession.Kind.API)}", **headers}
    )


def token(person: Member, kind: str) -> str:
    """The token with which a page or the API knows `person`."""
    return sessions.open_session(
        member=person, kind=kind, user_agent="test", at=timezone.now()
    ).access_token


def arrive(page: Page, person: Member, live_server: LiveServer) -> None:
    """Let a browser come with the member's cookie."""
    page.context.add_cookies(
        [{"name": SESSION_COOKIE, "value": token(person, "web"), "url": live_server.url}]
    )
