"""Claiming a coupon with a code: one that is printed for everybody, or one of a batch."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from mall.exceptions.coupons import ClaimCodeWrong, CouponNotIssued, CouponVoid
from mall.models import Coupon, CouponBatch, CouponCode, CouponTemplate
from mall.policies import coupon_codes
from mall.services import coupon_guesses, coupon_issuing
from members.selectors import segments
from points.services import accounts, checks
from tiers.selectors import standings

BATCH_MAX = 10_000
_NOTE_LENGTH = 100
_WINDOW = 1_000


@dataclass(frozen=True, slots=True)
class Claimed:
    coupon: Coupon
    is_new: bool


def claim(*, member_id: int, typed: str, ip: str, actor: str, at: datetime) -> Claimed:
    """Give the member the coupon that a code promises; typed again, it gives the same one.

    A public code gives one coupon to each person, a code of a batch one to the first. Wrong codes
    are counted and committed before they are judged, so it must not run inside a transaction.
    Raises `CouponGuessesUsedUp`, `ClaimCodeWrong` (unknown, stopped, or somebody else's: told
    alike), `CouponVoid`, and what `issue` raises, the audience included.
    """
    with coupon_guesses.by_member(member_id, ip=ip, at=at), transaction.atomic():
        accounts.lock([member_id], at=at)
        code = coupon_codes.public(typed)
        template = CouponTemplate.objects.filter(public_code=code).first() if code else None
        if template is not None:
            return give(template, member_id, f"code:{code}:{member_id}", actor=actor, at=at)
        return _claim_single(member_id, typed, actor=actor, at=at)


def give(
    template: CouponTemplate, member_id: int, reference: str, *, actor: str, at: datetime
) -> Claimed:
    """What a right code gives: one coupon per reference, to whom the template is for.

    The caller holds the member's account. Raises what `issue` raises, the audience included.
    """
    first = Coupon.objects.filter(template=template, reference=reference).first()
    if first is not None:
        return Claimed(_standing(first), is_new=False)
    _check_audience(template, member_id)
    made = coupon_issuing.issue(
        template_id=template.pk,
        member_id=member_id,
        quantity=1,
        source=Coupon.Source.CODE,
        reference=reference,
        actor=actor,
        at=at,
    )
    return Claimed(made[0], is_new=True)


def make_batch(
    *, template_id: int, size: int, note: str, actor: str, at: datetime
) -> tuple[CouponBatch, list[str]]:
    """Make `size` single-use codes of 80 bits each; told here once and kept as digests only.

    Whoever loses the file stops the batch and makes another. Raises `CouponNotIssued`.
    """
    if not 1 <= size <= BATCH_MAX:
        raise CouponNotIssued("coupon_batch_size", field="size", limit=BATCH_MAX)
    if note:
        checks.text(note, field="note", length=_NOTE_LENGTH)
    codes = [coupon_codes.made(secrets.randbelow) for _number in range(size)]
    with transaction.atomic():
        batch = CouponBatch.objects.create(
            template_id=template_id, size=size, note=note, actor=actor, created_at=at
        )
        CouponCode.objects.bulk_create(
            (CouponCode(batch=batch, code_hash=_digest(code)) for code in codes),
            batch_size=_WINDOW,
        )
    return batch, codes


def stop_batch(*, batch_id: int) -> CouponBatch:
    """Let no more of a batch's codes be claimed. Those that were stay what they are."""
    CouponBatch.objects.filter(pk=batch_id).update(is_stopped=True)
    return CouponBatch.objects.get(pk=batch_id)


def _claim_single(member_id: int, typed: str, *, actor: str, at: datetime) -> Claimed:
    code = coupon_codes.folded(typed)
    rows = CouponCode.objects.filter(code_hash=_digest(code)).select_related("batch__template")
    row = rows.select_for_update(of=("self",)).first() if code else None
    if row is None:
        raise ClaimCodeWrong
    if row.coupon_id is not None:
        coupon = Coupon.objects.select_related("template").get(pk=row.coupon_id)
        if coupon.member_id != member_id:
            raise ClaimCodeWrong
        return Claimed(_standing(coupon), is_new=False)
    if row.batch.is_stopped:
        raise ClaimCodeWrong
    given = give(row.batch.template, member_id, f"single:{row.pk}", actor=actor, at=at)
    row.claimed_at, row.coupon = at, given.coupon
    row.save(update_fields=["claimed_at", "coupon"])
    return given


def _standing(coupon: Coupon) -> Coupon:
    if coupon.state == Coupon.State.VOID:
        raise CouponVoid(coupon=coupon.code, field="code")
    return coupon


def _check_audience(template: CouponTemplate, member_id: int) -> None:
    if template.levels and standings.codes_of([member_id]).get(member_id) not in template.levels:
        raise CouponNotIssued("coupon_level_missing")
    if template.segments:
        own = segments.segments_of([member_id]).get(member_id, frozenset())
        if own.isdisjoint(template.segments):
            raise CouponNotIssued("coupon_segment_missing")


def _digest(code: str) -> str:
    """Unkeyed on purpose: 80 random bits cannot be found from it, and a new secret of the house
    must not spoil codes that are printed."""
    return hashlib.sha256(f"judian.coupon:{code}".encode()).hexdigest()
