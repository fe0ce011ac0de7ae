"""Making, checking and withdrawing the keys of stores."""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Q

from stores.models import ApiKey, Store

_MARK = "jd"
# Knowing to the minute when a key was last used is enough, and spares a write per request.
_USE_RESOLUTION = timedelta(minutes=1)


class IssuedKey(NamedTuple):
    """A new key: `secret` is what the machine is given, and can never be read again."""

    key: ApiKey
    secret: str


def _digest(secret: str) -> str:
    # The secret has 256 random bits, so a plain hash cannot be searched; no slow hash needed.
    return hashlib.sha256(secret.encode()).hexdigest()


def issue(*, store: Store, name: str, now: datetime, may_read_segments: bool = False) -> IssuedKey:
    """Make a key of `store`. The secret is in the answer only; the row keeps its hash."""
    prefix = secrets.token_hex(4)
    secret = f"{_MARK}_{prefix}_{secrets.token_urlsafe(32)}"
    key = ApiKey.objects.create(
        store=store,
        name=name,
        prefix=prefix,
        digest=_digest(secret),
        may_read_segments=may_read_segments,
        created_at=now,
    )
    return IssuedKey(key=key, secret=secret)


def find(*, secret: str, now: datetime) -> ApiKey | None:
    """The active key with this secret, of an active store, or None. Constant-time comparison.

    Notes the use, at most once a minute. One query, two when the use is noted.
    """
    mark, _, rest = secret.partition("_")
    prefix, _, _ = rest.partition("_")
    if mark != _MARK or len(secret) > 200 or not prefix.isalnum() or not secret.isascii():
        return None
    key = (
        ApiKey.objects.select_related("store")
        .filter(prefix=prefix, is_active=True, store__is_active=True)
        .first()
    )
    if key is None or not hmac.compare_digest(key.digest, _digest(secret)):
        return None
    if key.last_used_at is None or key.last_used_at <= now - _USE_RESOLUTION:
        unseen = Q(last_used_at=None) | Q(last_used_at__lte=now - _USE_RESOLUTION)
        ApiKey.objects.filter(unseen, pk=key.pk).update(last_used_at=now)
    return key


def withdraw(*, key: ApiKey) -> None:
    """End the key at once; its row stays, so that receipts still say which machine sent them."""
    key.is_active = False
    key.save(update_fields=["is_active"])
