"""Coupons in a member's copy of their data, and what closing the account takes of them."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from mall.models import Coupon, CouponUse
from members.models import Member
from members.selectors.consequences import Loss
from members.selectors.personal_data import Cell, Section, windowed


def lost(member: Member, at: datetime) -> Iterable[Loss]:
    """Coupons that could still be used. One query."""
    usable = Coupon.objects.free(at).filter(member=member).count()
    if usable:
        text = ngettext("%(count)s coupon is lost.", "%(count)s coupons are lost.", usable)
        yield Loss("coupons", str(usable), text % {"count": usable})


def _coupons(ids: Sequence[int], at: datetime) -> Iterator[Sequence[Cell]]:
    rows = Coupon.objects.filter(member_id__in=ids).select_related("template")
    for row in windowed(rows):
        yield (
            *(row.template.label, row.grouped_code, row.status(at).value, row.source),
            *(row.issued_at, row.starts_at, row.expires_at),
        )


def _uses(ids: Sequence[int], at: datetime) -> Iterator[Sequence[Cell]]:
    rows = CouponUse.objects.filter(coupon__member_id__in=ids).exclude(state="released")
    for row in windowed(rows.select_related("coupon__template", "store")):
        yield (
            *(row.coupon.template.label, row.coupon.grouped_code, row.store.name, row.order),
            *(row.state, row.yuan, row.locked_at, row.used_at, row.ended_at),
        )


SECTIONS = (
    Section(
        "coupons",
        _("Coupons"),
        ("name", "code", "state", "from", "issued_at", "valid_from", "valid_until"),
        _coupons,
    ),
    Section(
        "coupon_uses",
        _("Uses of coupons"),
        (
            *("name", "code", "store", "order", "state", "yuan", "locked_at", "used_at"),
            "ended_at",
        ),
        _uses,
    ),
)
