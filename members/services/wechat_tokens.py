"""The access token to WeChat: one row for all processes, renewed by one of them at a time."""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from members import exceptions
from members.models import WechatToken
from members.services.wechat_client import AccessToken, Client

# Renewed so long before its end: WeChat hands out the next one five minutes ahead.
_AHEAD = timedelta(minutes=5)
# Longer than two calls to WeChat take; a holder that died blocks the others for no longer.
_LEASE = timedelta(seconds=5)
_WAIT_SECONDS = 1.5
_LOOK_AGAIN_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Token:
    """A token and when it came, which together tell whether another has come since."""

    value: str
    renewed_at: datetime | None


def current(client: Client, *, at: datetime) -> Token:
    """A token that should be good, asked of WeChat where the row has none.

    Calls WeChat outside of any transaction. While one process renews a token that has minutes
    left, the others go on with it. Raises `WechatUnavailable`.
    """
    row = WechatToken.objects.filter(app_id=settings.WECHAT_APP_ID).first()
    if row is None or row.expires_at is None:
        return _renewed(client, seen=Token("", None), at=at)
    token = Token(row.value, row.renewed_at)
    if row.expires_at - _AHEAD > at:
        return token
    return _renewed(client, seen=token, at=at, meanwhile=token if row.expires_at > at else None)


def replaced(client: Client, *, stale: Token, at: datetime) -> Token:
    """The token after one that WeChat has just refused; the first who says so renews it."""
    return _renewed(client, seen=stale, at=at, is_stale=True)


def _renewed(
    client: Client,
    *,
    seen: Token,
    at: datetime,
    is_stale: bool = False,
    meanwhile: Token | None = None,
) -> Token:
    app_id = settings.WECHAT_APP_ID
    if not WechatToken.objects.take_lease(app_id=app_id, at=at, until=at + _LEASE):
        return meanwhile or _awaited(seen)
    try:
        # The lease may have become free because somebody has just renewed the token.
        if (newer := _newer_than(seen)) is not None:
            return newer
        fetched = _fetched(client, refused=seen.value if is_stale else "")
        WechatToken.objects.store(
            app_id=app_id, value=fetched.value, at=at, lifetime=fetched.lifetime
        )
        return Token(fetched.value, at)
    finally:
        WechatToken.objects.give_up_lease(app_id=app_id)


def _fetched(client: Client, *, refused: str) -> AccessToken:
    """WeChat's present token. It is made to forget it only where it refuses that very one:

    another program of the merchant may be using the same.
    """
    fetched = client.access_token(is_forced=False)
    return client.access_token(is_forced=True) if fetched.value == refused else fetched


def _newer_than(seen: Token) -> Token | None:
    row = WechatToken.objects.filter(app_id=settings.WECHAT_APP_ID).first()
    # The instant alone does not tell: two renewals may fall into the same one.
    if row is None or (row.value, row.renewed_at) == (seen.value, seen.renewed_at):
        return None
    return Token(row.value, row.renewed_at)


def _awaited(seen: Token) -> Token:
    """What the holder of the lease brings back."""
    deadline = time.monotonic() + _WAIT_SECONDS
    while time.monotonic() < deadline:
        if (newer := _newer_than(seen)) is not None:
            return newer
        time.sleep(_LOOK_AGAIN_SECONDS)
    raise exceptions.WechatUnavailable(seconds=2)
