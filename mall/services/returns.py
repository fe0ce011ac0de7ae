"""Goods that come back (申请售后): asked for by the member, decided and received by staff."""

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from mall import signals
from mall.exceptions import RedemptionRefused
from mall.models import Redemption, RedemptionReturn, Reward, StockMovement
from mall.policies import offers
from mall.services import coupons, payment_rows, progress
from points.services import checks

_STATE = Redemption.State
_RETURN = RedemptionReturn.State
WORDS_MAX = 300


def ask(
    *,
    redemption_id: int,
    member_id: int,
    quantity: int,
    reason: str,
    words: str,
    at: datetime,
) -> RedemptionReturn:
    """A member wants to send pieces back, within the days that the reward allows.

    Counted from the day on which the goods arrived, or were shipped as long as that is not
    known. Raises `redemption_unknown`, `return_not_offered`, `return_closed`, `return_too_many`,
    `return_open`, `quantity_invalid`.
    """
    if type(quantity) is not int or quantity < 1:
        raise RedemptionRefused("quantity_invalid", field="quantity")
    if reason not in RedemptionReturn.Reason.values:
        raise RedemptionRefused("reason_needed", field="reason")
    words = " ".join(words.split())
    if words:
        checks.text(words, field="words", length=WORDS_MAX)
    with transaction.atomic():
        redemption = progress.locked(redemption_id, at=at)
        if redemption.member_id != member_id:
            raise RedemptionRefused("redemption_unknown")
        _check_window(redemption, at=at)
        _check_quantity(redemption, quantity)
        try:
            with transaction.atomic():
                asked = RedemptionReturn.objects.create(
                    redemption=redemption,
                    quantity=quantity,
                    reason=reason,
                    words=words,
                    asked_at=at,
                )
        except IntegrityError as error:
            raise RedemptionRefused("return_open") from error
        signals.return_moved.send(sender=RedemptionReturn, redemption_return=asked, at=at)
    return asked


def closes_at(redemption: Redemption) -> datetime | None:
    """Until when pieces may be sent back; None where they may not be (yet)."""
    days = redemption.reward.return_days
    since = redemption.completed_at or redemption.shipped_at
    if redemption.reward.kind != Reward.Kind.PHYSICAL or not days or since is None:
        return None
    if redemption.state not in (_STATE.SHIPPED, _STATE.COMPLETED):
        return None
    return since + timedelta(days=days)


def decide(
    *, return_id: int, is_approved: bool, answer: str, actor: str, at: datetime
) -> RedemptionReturn:
    """Staff: agree, or decline with a reason. Again with the same answer it does nothing.

    Raises `return_unknown`, `return_decided`, `reason_needed`.
    """
    answer = " ".join(answer.split())[:WORDS_MAX]
    if not is_approved and not answer:
        raise RedemptionRefused("reason_needed", field="answer")
    to = _RETURN.APPROVED if is_approved else _RETURN.REJECTED
    with transaction.atomic():
        asked, _redemption = _locked(return_id, at=at)
        if asked.state == to:
            return asked
        if asked.state != _RETURN.ASKED:
            raise RedemptionRefused("return_decided")
        asked.state, asked.answer, asked.decided_at, asked.actor = to, answer, at, actor
        asked.save()
        signals.return_moved.send(sender=RedemptionReturn, redemption_return=asked, at=at)
    return asked


def withdraw(*, return_id: int, member_id: int, at: datetime) -> RedemptionReturn:
    """The member keeps the goods after all."""
    with transaction.atomic():
        asked, redemption = _locked(return_id, at=at)
        if redemption.member_id != member_id:
            raise RedemptionRefused("return_unknown")
        if asked.state == _RETURN.WITHDRAWN:
            return asked
        if asked.state not in (_RETURN.ASKED, _RETURN.APPROVED):
            raise RedemptionRefused("return_decided")
        asked.state, asked.decided_at = _RETURN.WITHDRAWN, at
        asked.save()
        signals.return_moved.send(sender=RedemptionReturn, redemption_return=asked, at=at)
    return asked


def receive(*, return_id: int, is_sellable: bool, actor: str, at: datetime) -> RedemptionReturn:
    """Staff: the pieces are back. Points go back into their lots, money to where it came from.

    Each piece gives back its exact share, so that parts end where one whole ends; freight stays
    paid. What can be sold again is new stock. Again it does nothing. Raises `return_unknown`,
    `return_decided`.
    """
    with transaction.atomic():
        asked, redemption = _locked(return_id, at=at)
        if asked.state == _RETURN.RECEIVED:
            return asked
        if asked.state != _RETURN.APPROVED:
            raise RedemptionRefused("return_decided")
        _check_quantity(redemption, asked.quantity)
        _take_back(redemption, asked, actor=actor, at=at)
        if is_sellable:
            progress.move_stock(
                redemption, StockMovement.Kind.RETURN, asked.quantity, actor=actor, at=at
            )
        asked.is_restocked = is_sellable
        asked.state, asked.received_at, asked.actor = _RETURN.RECEIVED, at, actor
        asked.save()
        signals.return_moved.send(sender=RedemptionReturn, redemption_return=asked, at=at)
    return asked


def take_coupons_back(*, redemption_id: int, note: str, actor: str, at: datetime) -> Redemption:
    """Staff: coupons that were redeemed and not used become void, their points come back.

    Raises `reason_needed`, `return_not_offered`, `redemption_wrong_state`, and `CouponUsed`.
    """
    if not note.strip():
        raise RedemptionRefused("reason_needed", field="note")
    with transaction.atomic():
        redemption = progress.locked(redemption_id, at=at)
        if redemption.reward.kind not in (Reward.Kind.COUPON, Reward.Kind.RIGHT):
            raise RedemptionRefused("return_not_offered")
        if redemption.state == _STATE.RETURNED:
            return redemption
        if redemption.state != _STATE.COMPLETED:
            raise RedemptionRefused("redemption_wrong_state", state=redemption.get_state_display())
        coupons.void_unused(reference=redemption.reference, reason=note, actor=actor, at=at)
        whole = RedemptionReturn.objects.create(
            redemption=redemption,
            quantity=redemption.quantity,
            reason=RedemptionReturn.Reason.UNWANTED,
            state=_RETURN.RECEIVED,
            answer=note.strip()[:WORDS_MAX],
            asked_at=at,
            decided_at=at,
            received_at=at,
            actor=actor,
        )
        _take_back(redemption, whole, actor=actor, at=at)
        whole.save()
    return redemption


def _take_back(
    redemption: Redemption, asked: RedemptionReturn, *, actor: str, at: datetime
) -> None:
    """The shares of the pieces; the order is locked."""
    before, now = redemption.returned_quantity, asked.quantity
    share = {"pieces": redemption.quantity, "before": before, "now": now}
    asked.points = offers.given_back(redemption.points, **share)
    goods = payment_rows.fen(redemption.money - redemption.freight)
    asked.money = payment_rows.yuan(offers.given_back(goods, **share))
    came = 0
    if asked.points:
        came = progress.give_points_back(
            redemption, points=asked.points, mark=f"return:{asked.pk}", actor=actor, at=at
        )
    asked.points_lapsed = asked.points - came
    if asked.money:
        payment_rows.give_back(
            redemption=redemption, money=asked.money, reason=redemption.number, at=at
        )
        redemption.money_back += asked.money
    redemption.returned_quantity += now
    if redemption.returned_quantity == redemption.quantity:
        progress.step(redemption, _STATE.RETURNED, actor=actor, at=at)
    redemption.save()


def _locked(return_id: int, *, at: datetime) -> tuple[RedemptionReturn, Redemption]:
    asked = RedemptionReturn.objects.filter(pk=return_id).first()
    if asked is None:
        raise RedemptionRefused("return_unknown")
    redemption = progress.locked(asked.redemption_id, at=at)
    asked.refresh_from_db()
    return asked, redemption


def _check_window(redemption: Redemption, *, at: datetime) -> None:
    until = closes_at(redemption)
    if until is None:
        raise RedemptionRefused("return_not_offered")
    if at >= until:
        raise RedemptionRefused("return_closed", days=redemption.reward.return_days)


def _check_quantity(redemption: Redemption, quantity: int) -> None:
    left = redemption.quantity - redemption.returned_quantity
    if quantity > left:
        raise RedemptionRefused("return_too_many", field="quantity", left=left)
