"""An order's way as its member sees it: what was, and what is still to come."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from mall.models import Redemption

_STATE = Redemption.State
_WAY = Redemption.Delivery

# What a state is called on the way. Some read differently by how the order is delivered.
_NAMES: dict[str, str | Promise] = {
    _STATE.UNPAID: _("Waiting for payment"),
    _STATE.PLACED: _("Order placed, points used"),
    _STATE.CONFIRMED: _("Confirmed by the shop"),
    _STATE.SHIPPED: _("On its way"),
    _STATE.COMPLETED: pgettext_lazy("timeline", "Completed"),
    _STATE.CANCELLED: _("Cancelled, points given back"),
    _STATE.RETURNED: _("Sent back, points given back"),
}
_NAMES_OF: dict[tuple[str, str], str | Promise] = {
    (_WAY.PICK_UP, _STATE.CONFIRMED): _("Ready to be picked up"),
    (_WAY.PICK_UP, _STATE.COMPLETED): _("Picked up"),
    (_WAY.VOUCHER, _STATE.CONFIRMED): _("Ready to be used"),
    (_WAY.VOUCHER, _STATE.COMPLETED): _("Used in the store"),
    (_WAY.SHIP, _STATE.COMPLETED): _("Received"),
    (_WAY.DIGITAL, _STATE.COMPLETED): _("Delivered"),
    (_WAY.PARTNER, _STATE.COMPLETED): _("Credited by the partner"),
}
# The way that an order of each kind goes when all is well.
_USUAL: dict[str, tuple[str, ...]] = {
    _WAY.SHIP: (_STATE.PLACED, _STATE.CONFIRMED, _STATE.SHIPPED, _STATE.COMPLETED),
    _WAY.PICK_UP: (_STATE.PLACED, _STATE.CONFIRMED, _STATE.COMPLETED),
    _WAY.VOUCHER: (_STATE.PLACED, _STATE.COMPLETED),
    _WAY.DIGITAL: (_STATE.PLACED, _STATE.COMPLETED),
    _WAY.PARTNER: (_STATE.PLACED, _STATE.COMPLETED),
}


@dataclass(frozen=True, slots=True)
class Stop:
    """One step; `at` is None for one that is still to come. `note` carries carrier and number."""

    state: str
    name: str | Promise
    at: datetime | None
    note: str = ""


def timeline(order: Redemption) -> list[Stop]:
    """What was, in its order, and then what comes, as long as something does. One query."""
    been = [
        Stop(step.state, name(order, step.state), step.at, _note(step.state, step.note))
        for step in order.steps.order_by("pk")
    ]
    if order.state in (_STATE.COMPLETED, _STATE.CANCELLED, _STATE.RETURNED):
        return been
    usual = _USUAL[order.delivery]
    done = {stop.state for stop in been}
    after = max((place for place, state in enumerate(usual, 1) if state in done), default=0)
    return been + [Stop(state, name(order, state), None) for state in usual[after:]]


def name(order: Redemption, state: str) -> str | Promise:
    return _NAMES_OF.get((order.delivery, state)) or _NAMES[state]


def _note(state: str, note: str) -> str:
    """Staff's own notes stay with the staff; the parcel's number is for its receiver."""
    return note if state == _STATE.SHIPPED else ""
