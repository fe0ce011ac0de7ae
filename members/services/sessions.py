"""Devices on which members are signed in."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from django.db import connection, transaction
from django.utils.crypto import constant_time_compare, salted_hmac

from members import exceptions
from members.models import DeviceSession, Member
from stores.selectors import reading

# A sign-in dies after ninety quiet days. A browser's is written to at most once a day, so that
# reading a balance stays a read.
IDLE_LIFETIME = timedelta(days=90)
ACCESS_LIFETIME = timedelta(minutes=30)
# So long after an exchange the same refresh token gets the same answer once more: on a phone
# that loses the network, an answer gets lost more often than a token gets stolen.
ANSWER_REPEATED_FOR = timedelta(seconds=60)
_TOUCH_AFTER = timedelta(days=1)
_TOKEN_BYTES = 32
_FAMILY_BYTES = 16
_TOKEN_LENGTH_MAX = 100


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a device keeps. A browser has no refresh token: its one token prolongs itself."""

    access_token: str
    access_expires_at: datetime
    refresh_token: str
    refresh_expires_at: datetime


@dataclass(frozen=True, slots=True)
class Refreshed:
    member: Member
    credentials: Credentials


def open_session(*, member: Member, kind: str, user_agent: str, at: datetime) -> Credentials:
    """Sign `member` in on a device and return its tokens, which are stored nowhere else."""
    access, session = (
        secrets.token_urlsafe(_TOKEN_BYTES),
        DeviceSession(
            member=member,
            kind=DeviceSession.Kind(kind),
            user_agent=_printable(user_agent)[:200],
            created_at=at,
            last_seen_at=at,
            expires_at=at + IDLE_LIFETIME,
        ),
    )
    session.token_hash = _digest(access)
    refresh = ""
    if session.kind == DeviceSession.Kind.API:
        family, secret = secrets.token_urlsafe(_FAMILY_BYTES), secrets.token_urlsafe(_TOKEN_BYTES)
        session.access_expires_at = at + ACCESS_LIFETIME
        session.family_hash, session.refresh_hash = _digest(family), _digest(secret)
        refresh = f"{family}.{secret}"
    session.save(force_insert=True)
    return _credentials(session, access=access, refresh=refresh)


def find(*, token: str, kind: str, at: datetime) -> DeviceSession | None:
    """The living session of an access token with its member, in one query; None for any other.

    A token works only at the door that it was made for: one taken from a browser's cookie is
    no key to the API, and a refresh token is a key to nothing but the next pair.
    """
    if not 0 < len(token) <= _TOKEN_LENGTH_MAX:
        return None
    now = connection.ops.adapt_datetimefield_value(at)
    parameters = [_digest(token), kind, now]
    if kind == DeviceSession.Kind.API:
        parameters.append(now)
    found = reading.first((DeviceSession, Member), _alive(kind), parameters)
    if found is None:
        return None
    session: DeviceSession = found[0]
    session.member = found[1]
    if at - session.last_seen_at >= _TOUCH_AFTER:
        DeviceSession.objects.alive(at).filter(pk=session.pk).update(
            last_seen_at=at, expires_at=at + IDLE_LIFETIME
        )
    return session


@cache
def _alive(kind: str) -> str:
    """How a living session is found by the digest of its token, with its member.

    A sign-in may have been on its way while its member was erased.
    """
    is_in_time = "AND s.access_expires_at > %s" if kind == DeviceSession.Kind.API else ""
    return (
        f"SELECT {reading.columns(DeviceSession, 's')}, {reading.columns(Member, 'm')} "  # noqa: S608 - constants
        "FROM members_devicesession s JOIN members_member m ON m.id = s.member_id "
        "WHERE s.token_hash = %s AND s.kind = %s AND s.revoked_at IS NULL AND s.expires_at > %s "
        f"AND m.erased_at IS NULL {is_in_time}"
    )


def refresh(*, token: str, at: datetime) -> Refreshed:
    """Exchange a refresh token for the next pair; the old access token ends with it.

    Each refresh token counts once. Given again within `ANSWER_REPEATED_FOR`, while it is still
    the last one that was exchanged, it gets the very same pair again, so that any number of
    equal requests released together agree. Any other token of the same device that was
    exchanged before is in two hands: the device is signed out, for the thief and the owner
    alike. Raises `RefreshRefused` for that and for every token that is no good; locks the
    session's row. Must not run inside a caller's transaction, which could take the sign-out back.
    """
    family, _dot, secret = token.partition(".")
    with transaction.atomic(durable=True):
        session = _locked(family, at=at) if len(token) <= _TOKEN_LENGTH_MAX else None
        exchanged = None
        if session is not None:
            exchanged = _exchanged(session, family=family, secret=secret, at=at)
        if session is not None and exchanged is None:
            session.revoked_at = at
            session.save(update_fields=["revoked_at"])
    # Raised only now: the sign-out of a stolen device has to stand.
    if session is None or exchanged is None:
        raise exceptions.RefreshRefused
    return Refreshed(member=session.member, credentials=exchanged)


def close(*, token: str, at: datetime) -> None:
    """Sign the device of `token` out; nothing happens when it already was."""
    DeviceSession.objects.alive(at).filter(token_hash=_digest(token)).update(revoked_at=at)


def close_one(*, member_id: int, session_id: int, at: datetime) -> bool:
    """Sign out one of a member's devices; False when it is no living device of theirs."""
    mine = DeviceSession.objects.alive(at).filter(member_id=member_id, pk=session_id)
    return mine.update(revoked_at=at) == 1


def close_all(*, member_id: int, at: datetime, but: int | None = None) -> int:
    """Sign a member out on every device, but on the one with the id `but`; returns how many."""
    mine = DeviceSession.objects.alive(at).filter(member_id=member_id)
    if but is not None:
        mine = mine.exclude(pk=but)
    return mine.update(revoked_at=at)


def _locked(family: str, *, at: datetime) -> DeviceSession | None:
    sessions = DeviceSession.objects.alive(at).filter(member__erased_at=None)
    sessions = sessions.select_related("member")
    locked = sessions.select_for_update(of=("self",))
    return locked.filter(family_hash=_digest(family), kind=DeviceSession.Kind.API).first()


def _exchanged(
    session: DeviceSession, *, family: str, secret: str, at: datetime
) -> Credentials | None:
    """The next pair for the token that counts, the same again for the last one, or None."""
    digest = _digest(secret)
    if constant_time_compare(session.refresh_hash, digest):
        return _rotated(session, family=family, secret=secret, at=at)
    is_last = constant_time_compare(session.spent_refresh_hash, digest)
    if not is_last or session.refreshed_at is None:
        return None
    if at - session.refreshed_at > ANSWER_REPEATED_FOR:
        return None
    access, following = _successors(secret, salt=session.refresh_salt)
    return _credentials(session, access=access, refresh=f"{family}.{following}")


def _rotated(session: DeviceSession, *, family: str, secret: str, at: datetime) -> Credentials:
    session.refresh_salt = secrets.token_urlsafe(_TOKEN_BYTES)
    access, following = _successors(secret, salt=session.refresh_salt)
    session.token_hash, session.access_expires_at = _digest(access), at + ACCESS_LIFETIME
    session.refresh_hash, session.spent_refresh_hash = _digest(following), _digest(secret)
    session.refreshed_at = session.last_seen_at = at
    session.expires_at = at + IDLE_LIFETIME
    session.save(
        update_fields=[
            "refresh_salt",
            "token_hash",
            "access_expires_at",
            "refresh_hash",
            "spent_refresh_hash",
            "refreshed_at",
            "last_seen_at",
            "expires_at",
        ]
    )
    return _credentials(session, access=access, refresh=f"{family}.{following}")


def _successors(secret: str, *, salt: str) -> tuple[str, str]:
    """The access and refresh tokens after `secret`, the same as often as they are asked for.

    Only who has the server's key, the row's salt and the token before can compute them; nothing
    has to be stored in the clear for an answer to be given twice.
    """
    made = (
        salted_hmac(f"members.sessions.{use}:{salt}", secret, algorithm="sha256").hexdigest()
        for use in ("access", "refresh")
    )
    access, following = made
    return access, following


def _credentials(session: DeviceSession, *, access: str, refresh: str) -> Credentials:
    return Credentials(
        access_token=access,
        access_expires_at=session.access_expires_at or session.expires_at,
        refresh_token=refresh,
        refresh_expires_at=session.expires_at,
    )


def _digest(token: str) -> str:
    # 256 random bits need no slow hash: there is nothing to guess.
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _printable(text: str) -> str:
    return "".join(character for character in text if character.isprintable())
