"""What becomes of an order: paid, confirmed, shipped, completed, cancelled.

Every step locks the member's account first, looks at the state under it, and writes who did it
and when. A step that was taken already answers the same and does nothing.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction

from mall import signals
from mall.exceptions import RedemptionRefused
from mall.models import Redemption, RedemptionStep, StockMovement
from mall.services import deliveries, payment_rows, stock
from points.selectors import ledger_settings
from points.services import accounts, checks, restoring

_STATE = Redemption.State
_NOTE_MAX = 200
_TEXT_MAX = 40


def locked(redemption_id: int, *, at: datetime) -> Redemption:
    """The order as it is under the lock of its member's account; call it in a transaction."""
    member_id = (
        Redemption.objects.filter(pk=redemption_id).values_list("member_id", flat=True).first()
    )
    if member_id is None:
        raise RedemptionRefused("redemption_unknown")
    accounts.lock([member_id], at=at)
    found = Redemption.objects.select_related("reward", "variant").get(pk=redemption_id)
    if found.member_id != member_id:  # merged between the look and the lock
        accounts.lock([found.member_id], at=at)
    return found


def mark_paid(*, redemption_id: int, actor: str, at: datetime) -> Redemption:
    """The money is there: the order goes on, or is delivered at once. Again, it does nothing.

    Raises `redemption_wrong_state` when the order was cancelled meanwhile.
    """
    with transaction.atomic():
        redemption = locked(redemption_id, at=at)
        if redemption.state != _STATE.UNPAID:
            if redemption.state == _STATE.CANCELLED:
                raise _wrong(redemption)
            return redemption
        redemption.pay_by = None
        to = deliveries.state_when_paid(redemption.delivery)
        if to != _STATE.PLACED:
            step(redemption, _STATE.PLACED, actor=actor, at=at)
        if to == _STATE.COMPLETED:
            _fulfil(redemption, actor=actor, at=at)
            _complete(redemption, actor=actor, at=at)
            deliveries.hand_out(redemption=redemption, reward=redemption.reward, actor=actor, at=at)
        else:
            step(redemption, to, actor=actor, at=at)
        redemption.save()
    return redemption


def confirm(*, redemption_id: int, actor: str, at: datetime, note: str = "") -> Redemption:
    """Staff: the order is seen to. For what is picked up: it lies ready."""
    with transaction.atomic():
        redemption = _in(redemption_id, {_STATE.PLACED}, done={_STATE.CONFIRMED}, at=at)
        if redemption.state == _STATE.PLACED:
            step(redemption, _STATE.CONFIRMED, actor=actor, at=at, note=note)
            redemption.save()
    return redemption


def ship(
    *, redemption_id: int, carrier: str, tracking_number: str, actor: str, at: datetime
) -> Redemption:
    """Staff: the parcel is on its way (F50). Again with the same numbers it does nothing; with
    others it corrects them. Raises `carrier_needed`, `redemption_wrong_state`."""
    carrier, tracking_number = carrier.strip(), tracking_number.strip()
    if not carrier or not tracking_number:
        raise RedemptionRefused("carrier_needed", field="carrier")
    checks.text(carrier, field="carrier", length=_TEXT_MAX)
    checks.text(tracking_number, field="tracking_number", length=_TEXT_MAX)
    with transaction.atomic():
        redemption = _in(
            redemption_id, {_STATE.PLACED, _STATE.CONFIRMED}, done={_STATE.SHIPPED}, at=at
        )
        if redemption.delivery != Redemption.Delivery.SHIP:
            raise RedemptionRefused("delivery_not_offered", field="number")
        numbers = (carrier, tracking_number)
        before = (redemption.carrier, redemption.tracking_number)
        # Set before the step is told: whoever hears of it says how the parcel travels.
        redemption.carrier, redemption.tracking_number = numbers
        if redemption.state != _STATE.SHIPPED:
            if redemption.state == _STATE.PLACED:
                step(redemption, _STATE.CONFIRMED, actor=actor, at=at)
            _fulfil(redemption, actor=actor, at=at)
            redemption.shipped_at = at
            step(redemption, _STATE.SHIPPED, actor=actor, at=at, note=" ".join(numbers))
        elif numbers != before:
            step(redemption, _STATE.SHIPPED, actor=actor, at=at, note=" ".join(numbers))
        redemption.save()
    return redemption


def complete(
    *, redemption_id: int, actor: str, at: datetime, member_id: int | None = None
) -> Redemption:
    """It arrived: the member says so (`member_id`), a partner has credited it, or time has
    passed. Raises `redemption_unknown` for another's order, `redemption_wrong_state`."""
    with transaction.atomic():
        redemption = locked(redemption_id, at=at)
        if member_id is not None and redemption.member_id != member_id:
            raise RedemptionRefused("redemption_unknown")
        if redemption.state == _STATE.COMPLETED:
            return redemption
        is_partner = redemption.delivery == Redemption.Delivery.PARTNER and member_id is None
        may = {_STATE.PLACED, _STATE.CONFIRMED} if is_partner else {_STATE.SHIPPED}
        if redemption.state not in may:
            raise _wrong(redemption)
        if redemption.state != _STATE.SHIPPED:
            _fulfil(redemption, actor=actor, at=at)
        _complete(redemption, actor=actor, at=at)
        redemption.save()
    return redemption


def hand_over(redemption: Redemption, *, store_id: int, actor: str, at: datetime) -> Redemption:
    """It is handed over in a store, its code was right. The order is locked."""
    redemption.handed_over_in_id = store_id
    _fulfil(redemption, actor=actor, at=at)
    _complete(redemption, actor=actor, at=at)
    redemption.save()
    return redemption


def cancel(
    *,
    redemption_id: int,
    actor: str,
    at: datetime,
    note: str = "",
    member_id: int | None = None,
) -> Redemption:
    """Take back an order of which nothing has left the house (F49).

    The points go back into the very lots, with a grace where their day has passed, the stock is
    free again, the money goes back. By the member (`member_id`), or by staff, who say why. Again
    it does nothing. Raises `redemption_unknown`, `redemption_not_cancellable`,
    `redemption_too_late_to_cancel`, `reason_needed`.
    """
    if member_id is None and not note.strip():
        raise RedemptionRefused("reason_needed", field="note")
    with transaction.atomic():
        redemption = locked(redemption_id, at=at)
        if member_id is not None and redemption.member_id != member_id:
            raise RedemptionRefused("redemption_unknown")
        if redemption.state != _STATE.CANCELLED:
            _check_cancellable(redemption, is_staff=member_id is None, at=at)
            _cancel(redemption, actor=actor, at=at, note=note)
    return redemption


def cancel_until(redemption: Redemption) -> datetime | None:
    """Until when its member may cancel an experience; None: as long as it is open."""
    if redemption.variant.starts_at is None:
        return None
    return redemption.variant.starts_at - timedelta(hours=redemption.reward.cancel_hours)


def can_cancel(redemption: Redemption, *, at: datetime) -> bool:
    """Whether its member may cancel it now."""
    try:
        _check_cancellable(redemption, is_staff=False, at=at)
    except RedemptionRefused:
        return False
    return True


def _check_cancellable(redemption: Redemption, *, is_staff: bool, at: datetime) -> None:
    if not redemption.is_open:
        raise RedemptionRefused("redemption_not_cancellable", state=redemption.get_state_display())
    until = cancel_until(redemption)
    if until is not None and at > until and not is_staff and redemption.state != _STATE.UNPAID:
        raise RedemptionRefused("redemption_too_late_to_cancel", at=until)


def _cancel(redemption: Redemption, *, actor: str, at: datetime, note: str) -> None:
    give_points_back(redemption, points=redemption.points, mark="cancel", actor=actor, at=at)
    move_stock(redemption, StockMovement.Kind.RELEASE, redemption.quantity, actor=actor, at=at)
    payment_rows.give_back(
        redemption=redemption, money=redemption.money, reason=redemption.number, at=at
    )
    redemption.money_back = redemption.money if redemption.pay_by is None else redemption.money_back
    redemption.pay_by = None
    step(redemption, _STATE.CANCELLED, actor=actor, at=at, note=note)
    redemption.save()


def give_points_back(
    redemption: Redemption, *, points: int, mark: str, actor: str, at: datetime
) -> int:
    """Restore points of the order into the lots that they came from; returns how many came.

    Fewer than `points` where lots have lapsed and the merchant grants no grace. A member who was
    merged since then gets them back through the account that spent them.
    """
    posting = restoring.restore(
        member_id=redemption.member_id,
        spend_reference=redemption.reference,
        reference=f"{redemption.reference}:{mark}",
        actor=actor,
        at=at,
        points=points,
        grace_until=ledger_settings().grace_until(at),
        explanation={
            "type": "redemption_back",
            "number": redemption.number,
            "reward": redemption.reward.name,
            "reward_en": redemption.reward.name_en,
            "result": points,
        },
    )
    redemption.points_back += points
    return posting.amount


def move_stock(
    redemption: Redemption, kind: StockMovement.Kind, quantity: int, *, actor: str, at: datetime
) -> None:
    if redemption.variant.is_counted:
        stock.move(
            kind=kind,
            variant_id=redemption.variant_id,
            quantity=quantity,
            actor=actor,
            at=at,
            redemption_id=redemption.pk,
        )


def step(
    redemption: Redemption, state: Redemption.State, *, actor: str, at: datetime, note: str = ""
) -> None:
    """Bring a locked order into `state` and write the step down; the caller saves the order."""
    redemption.state = state
    redemption.state_at = at
    RedemptionStep.objects.create(
        redemption=redemption, state=state, note=note.strip()[:_NOTE_MAX], actor=actor, at=at
    )
    signals.redemption_moved.send(
        sender=Redemption, redemption=redemption, state=state, actor=actor, at=at
    )


def _complete(redemption: Redemption, *, actor: str, at: datetime) -> None:
    redemption.completed_at = at
    step(redemption, _STATE.COMPLETED, actor=actor, at=at)


def _fulfil(redemption: Redemption, *, actor: str, at: datetime) -> None:
    move_stock(redemption, StockMovement.Kind.FULFIL, redemption.quantity, actor=actor, at=at)


def _in(
    redemption_id: int,
    states: Collection[Redemption.State],
    *,
    done: Collection[Redemption.State],
    at: datetime,
) -> Redemption:
    redemption = locked(redemption_id, at=at)
    if redemption.state not in states and redemption.state not in done:
        raise _wrong(redemption)
    return redemption


def _wrong(redemption: Redemption) -> RedemptionRefused:
    return RedemptionRefused("redemption_wrong_state", state=redemption.get_state_display())
