"""What members are told of their orders and coupons.

On the way of a redemption this is one statement: the words are found by the sweep.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from mall.models import Coupon, CouponTemplate, Redemption, RedemptionReturn, Refund
from notifications.models import Notice
from notifications.services import noting
from notifications.services.telling import Fact

_STATE = Redemption.State
_WAY = Redemption.Delivery
_RETURN = RedemptionReturn.State
_AT_THE_COUNTER = (_WAY.PICK_UP, _WAY.VOUCHER)
# In the order in which they come, so that notices of one instant stand in it too.
_STEPS = {
    _STATE.PLACED: (1, "placed"),
    _STATE.CONFIRMED: (2, "confirmed"),
    _STATE.SHIPPED: (3, "shipped"),
    _STATE.COMPLETED: (4, "completed"),
    _STATE.CANCELLED: (5, "cancelled"),
}
_RETURNS = {
    _RETURN.ASKED: (1, "return_requested"),
    _RETURN.APPROVED: (2, "return_approved"),
    _RETURN.REJECTED: (3, "return_refused"),
    _RETURN.RECEIVED: (4, "return_received"),
}


def moved(redemption: Redemption, state: str, *, actor: str, at: datetime) -> None:
    """An order came into `state`. A state that it has left again at once is no news."""
    step = _STEPS.get(_STATE(state))
    if step is None or redemption.state != state:
        return
    place, event = step
    context = _order(redemption)
    reference = f"redemption:{redemption.pk}:{place}{state}"
    points = None
    if event == "placed":
        points = -redemption.points
    elif event == "confirmed" and redemption.delivery in _AT_THE_COUNTER:
        event = "ready"
        context |= _counter(redemption)
    elif event == "shipped":
        day = redemption.expected_on
        context |= {"carrier": redemption.carrier, "waybill": redemption.tracking_number}
        context["day"] = day.isoformat() if day else None
        reference += f":{redemption.tracking_number}"  # a corrected number is news
    elif event == "completed" and redemption.handed_over_in_id is not None:
        event = "collected"
        context["store"] = _store(redemption.handed_over_in)
    elif event == "cancelled":
        context["reason"] = noting.in_languages(_reason(actor))
        points = redemption.points
    if event in ("confirmed", "completed", "ready") and redemption.placed_at == at:
        points = -redemption.points  # placed and delivered in one go
    _note(redemption, reference, event, context, points, at)


def return_moved(asked: RedemptionReturn, *, at: datetime) -> None:
    """A member's wish to send something back was heard, granted, declined, or has ended."""
    step = _RETURNS.get(_RETURN(asked.state))
    if step is None:
        return
    place, event = step
    redemption = asked.redemption
    context, points = _order(redemption), None
    if event in ("return_approved", "return_refused"):
        context["reason"] = asked.answer
    if event == "return_received":
        points = context["points"] = asked.points
    _note(redemption, f"return:{asked.pk}:{place}{asked.state}", event, context, points, at)


def refunded(refund: Refund, *, at: datetime) -> None:
    """Money of an order has gone back."""
    redemption = refund.payment.redemption
    context = _order(redemption) | {"yuan": f"{Decimal(refund.amount) / 100:.2f}"}
    _note(redemption, f"refund:{refund.pk}", "refunded", context, None, at)


def coupons_issued(coupons: Sequence[Coupon], *, at: datetime) -> None:
    """Members got coupons of one template; those that were redeemed are told by their order."""
    given = [one for one in coupons if one.source != Coupon.Source.REDEMPTION]
    if not given:
        return
    of_member: dict[int, list[Coupon]] = {}
    for coupon in given:
        of_member.setdefault(coupon.member_id, []).append(coupon)
    noting.note([_issued(theirs) for theirs in of_member.values()], at=at)


def coupons_ending(coupons: Iterable[Coupon], *, at: datetime) -> None:
    """Coupons that end soon: one notice for those of a template that end together."""
    ending: dict[tuple[int, int, datetime], list[Coupon]] = {}
    for coupon in coupons:
        key = (coupon.member_id, coupon.template_id, coupon.expires_at)
        ending.setdefault(key, []).append(coupon)
    facts = [
        Fact(
            member_id=member_id,
            kind=Notice.Kind.COUPON,
            event="expiring",
            reference=f"coupons-end:{template_id}:{expires_at.isoformat()}",
            context=_coupon(theirs[0].template, len(theirs), expires_at),
            link=reverse("mall:coupons"),
        )
        for (member_id, template_id, expires_at), theirs in ending.items()
    ]
    noting.note(facts, at=at)


def _issued(theirs: Sequence[Coupon]) -> Fact:
    first = theirs[0]
    return Fact(
        member_id=first.member_id,
        kind=Notice.Kind.COUPON,
        event="issued",
        reference=f"coupons:{first.template_id}:{first.reference}"[:100],
        context=_coupon(first.template, len(theirs), first.expires_at),
        link=reverse("mall:coupons"),
    )


def _coupon(template: CouponTemplate, count: int, expires_at: datetime) -> dict[str, Any]:
    return {
        "name": noting.named(template.name, template.name_en),
        "count": count,
        "day": localtime(expires_at).isoformat(),
    }


def _order(redemption: Redemption) -> dict[str, Any]:
    reward = redemption.reward
    return {
        "number": redemption.number,
        "reward": noting.named(reward.name, reward.name_en),
        "points": redemption.points,
    }


def _counter(redemption: Redemption) -> dict[str, Any]:
    """Where it can be had and until when. The code itself stands on the order's page only."""
    return {
        "store": _store(redemption.pick_up_store),
        "day": redemption.use_by.isoformat() if redemption.use_by else None,
        "code": "",
    }


def _store(store: Any) -> str | dict[str, str]:
    return store.name if store is not None else noting.in_languages(_("any of our stores"))


def _reason(actor: str) -> str | Promise:
    if actor.startswith("member:"):
        return _("cancelled by yourself")
    return _("not paid in time") if actor == "system" else _("cancelled by the shop")


def _note(
    redemption: Redemption,
    reference: str,
    event: str,
    context: dict[str, Any],
    points: int | None,
    at: datetime,
) -> None:
    fact = Fact(
        member_id=redemption.member_id,
        kind=Notice.Kind.REDEMPTION,
        event=event,
        reference=reference,
        context=context,
        link=reverse("mall:redemption", args=[redemption.number]),
        points=points,
    )
    noting.note([fact], at=at)
