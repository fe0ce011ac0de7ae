"""Devices on which members are signed in."""

import hashlib
import secrets
from datetime import datetime, timedelta

from members.models import DeviceSession, Member

# A session dies after ninety quiet days. It is written to at most once a day, so that reading
# a balance stays a read.
IDLE_LIFETIME = timedelta(days=90)
_TOUCH_AFTER = timedelta(days=1)
_TOKEN_BYTES = 32
_TOKEN_LENGTH_MAX = 100


def open_session(*, member: Member, kind: str, user_agent: str, at: datetime) -> str:
    """Sign `member` in on a device and return the token, which is stored nowhere else."""
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    DeviceSession.objects.create(
        member=member,
        kind=DeviceSession.Kind(kind),
        token_hash=_digest(token),
        user_agent=_printable(user_agent)[:200],
        created_at=at,
        last_seen_at=at,
        expires_at=at + IDLE_LIFETIME,
    )
    return token


def find(*, token: str, kind: str, at: datetime) -> DeviceSession | None:
    """The living session of `token` with its member, in one query; None for anything else.

    A token works only at the door that it was made for: one taken from a browser's cookie is
    no key to the API.
    """
    if not 0 < len(token) <= _TOKEN_LENGTH_MAX:
        return None
    session = (
        DeviceSession.objects.alive(at)
        .select_related("member")
        .filter(token_hash=_digest(token), kind=kind)
        .first()
    )
    if session is not None and at - session.last_seen_at >= _TOUCH_AFTER:
        DeviceSession.objects.alive(at).filter(pk=session.pk).update(
            last_seen_at=at, expires_at=at + IDLE_LIFETIME
        )
    return session


def close(*, token: str, at: datetime) -> None:
    """Sign the device of `token` out; nothing happens when it already was."""
    DeviceSession.objects.alive(at).filter(token_hash=_digest(token)).update(revoked_at=at)


def _digest(token: str) -> str:
    # 256 random bits need no slow hash: there is nothing to guess.
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _printable(text: str) -> str:
    return "".join(character for character in text if character.isprintable())
