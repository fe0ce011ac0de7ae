"""The pool of virtual codes: encrypted at rest, delivered with the order, shown when opened."""

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple

from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import connection, transaction

from mall.exceptions import RedemptionRefused
from mall.models import CodeBatch, Redemption, Reward, StockMovement, Variant, VirtualCode
from mall.services import stock
from stores.selectors.arrays import among

BATCH_MAX = 100_000
CODE_MAX = 500
_WINDOW = 1_000
_NONCE = b"mall.virtual_code"


class BroughtIn(NamedTuple):
    """What became of the codes of a file: new ones, and those that were there already."""

    batch: CodeBatch
    taken: int
    repeated: int


def bring_in(
    *,
    variant_id: int,
    codes: Iterable[str],
    name: str,
    valid_until: date | None,
    actor: str,
    at: datetime,
) -> BroughtIn:
    """Put codes into the pool of a virtual reward; its stock grows by as many.

    A code that was ever brought in, here or for another reward, is not taken twice: bringing in
    the same file again adds nothing. Raises `codes_missing`, `codes_too_many`, `code_invalid`;
    then nothing was taken.
    """
    wanted = _checked(codes)
    with transaction.atomic():
        variant = Variant.objects.select_related("reward").get(pk=variant_id)
        if variant.reward.kind != Reward.Kind.VIRTUAL:
            raise RedemptionRefused("stock_not_counted", field="file")
        batch = CodeBatch.objects.create(
            variant=variant, name=name[:60], valid_until=valid_until, actor=actor, at=at
        )
        taken = sum(
            _insert(batch, wanted[start : start + _WINDOW])
            for start in range(0, len(wanted), _WINDOW)
        )
        batch.size = taken
        batch.save(update_fields=["size"])
        if taken:
            stock.move(
                kind=StockMovement.Kind.RESTOCK,
                variant_id=variant_id,
                quantity=taken,
                actor=actor,
                at=at,
                note=batch.name,
            )
    return BroughtIn(batch, taken, len(wanted) - taken)


def _checked(codes: Iterable[str]) -> list[str]:
    wanted: dict[str, None] = {}
    for code in codes:
        stripped = code.strip()
        if not stripped:
            continue
        if len(stripped) > CODE_MAX or not stripped.isprintable():
            raise RedemptionRefused("code_invalid", field="file")
        wanted[stripped] = None
        if len(wanted) > BATCH_MAX:
            raise RedemptionRefused("codes_too_many", field="file", limit=BATCH_MAX)
    if not wanted:
        raise RedemptionRefused("codes_missing", field="file")
    return list(wanted)


def _insert(batch: CodeBatch, codes: Sequence[str]) -> int:
    digests = {_digest(code): code for code in codes}
    there = VirtualCode.objects.filter(among("digest", list(digests)))
    known = set(there.values_list("digest", flat=True))
    rows = [
        VirtualCode(batch=batch, variant_id=batch.variant_id, secret=_seal(code), digest=digest)
        for digest, code in digests.items()
        if digest not in known
    ]
    return len(VirtualCode.objects.bulk_create(rows))


def deliver(*, redemption: Redemption) -> list[VirtualCode]:
    """Bind the oldest free codes to an order. The row of its variant is locked, its stock taken.

    Whoever else wants codes of this variant waits for that row, so there are as many as counted.
    """
    rows = VirtualCode.objects.filter(
        variant_id=redemption.variant_id, state=VirtualCode.State.FREE
    ).order_by("pk")
    if connection.vendor == "postgresql":
        rows = rows.select_for_update(of=("self",))
    found = list(rows[: redemption.quantity])
    if len(found) < redemption.quantity:
        raise RedemptionRefused("sold_out", field="quantity")
    VirtualCode.objects.filter(pk__in=[code.pk for code in found]).update(
        state=VirtualCode.State.TAKEN, redemption=redemption
    )
    return found


def opened(*, redemption: Redemption, at: datetime) -> list[str]:
    """The codes of an order in the clear, for its owner; from now on they count as seen."""
    rows = list(VirtualCode.objects.filter(redemption=redemption).order_by("pk"))
    VirtualCode.objects.filter(redemption=redemption, opened_at__isnull=True).update(opened_at=at)
    return [_open(bytes(row.secret)) for row in rows]


def _seal(code: str) -> bytes:
    return _cipher().encrypt(code.encode(), [_NONCE])


def _open(secret: bytes) -> str:
    return _cipher().decrypt(secret, [_NONCE]).decode()


def _digest(code: str) -> str:
    return hmac.new(_key(b"digest"), code.encode(), hashlib.sha256).hexdigest()


@lru_cache(maxsize=1)
def _cipher() -> AESSIV:
    return AESSIV(_key(b"seal"))


@lru_cache(maxsize=4)
def _key(purpose: bytes) -> bytes:
    """A key of its own for each purpose, from the house's secret."""
    derive = HKDF(algorithm=SHA256(), length=64, salt=None, info=b"mall.codes." + purpose)
    return derive.derive(settings.DATA_KEY.encode())
