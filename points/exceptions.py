"""What the ledger can refuse, each with a stable code."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from stores.exceptions import Refusal


class PointsRefusal(Refusal):
    code = "points_refused"


class InvalidPoints(PointsRefusal):
    """The number of points is not a whole number in the accepted range (I22)."""

    code = "points_out_of_range"
    message = _("Points must be a whole number between 1 and %(limit)s.")
    field = "points"


class InvalidText(PointsRefusal):
    """A reference, source or actor is empty, too long, or has control characters (I22)."""

    code = "text_not_accepted"
    message = _("This text is empty, too long, or contains characters that are not accepted.")


class InsufficientPoints(PointsRefusal):
    """Fewer usable points than asked for; `params` carries both figures."""

    code = "points_insufficient"
    message = _("Not enough points: %(needed)s needed, %(available)s available.")
    field = "points"


class AccountFrozen(PointsRefusal):
    """A frozen account earns, but cannot spend, gift or draw (F77, I14)."""

    code = "account_frozen"
    message = _("This points account is frozen. Reason: %(reason)s")


class AccountNotFound(PointsRefusal):
    code = "account_not_found"
    message = _("There is no such points account.")
    field = "member"


class ReferenceConflict(PointsRefusal):
    """The reference was used before with other content (I6)."""

    code = "reference_conflict"
    message = _("This reference was already used for a different request: %(reference)s")
    field = "reference"


class EntryNotFound(PointsRefusal):
    code = "entry_not_found"
    message = _("There is no entry with this reference: %(reference)s")
    field = "reference"


class HoldNotFound(PointsRefusal):
    code = "hold_not_found"
    message = _("There is no such hold: %(reference)s")
    field = "reference"


class HoldClosed(PointsRefusal):
    """The hold was captured, released or timed out before."""

    code = "hold_closed"
    message = _("This hold is already closed: %(state)s")
    field = "reference"


class RestoreExceedsUse(PointsRefusal):
    code = "restore_exceeds_use"
    message = _("Only %(left)s of these points can still be given back.")
    field = "points"


class TransferNotAllowed(PointsRefusal):
    code = "transfer_not_allowed"
    message = _("Points cannot be transferred to this member.")


class GiftsOff(PointsRefusal):
    code = "gifts_off"
    message = _("Points cannot be given to other members in this programme.")


class NotBound(PointsRefusal):
    code = "gift_not_bound"
    message = _("Points can be given only to relatives and friends whom you are bound to.")


class GiftTooEarly(PointsRefusal):
    code = "gift_too_early"
    message = _("You have been bound for a short time only. Gifts are possible from %(day)s.")


class ReceiverUnavailable(PointsRefusal):
    code = "gift_receiver_unavailable"
    message = _("This person cannot receive points at the moment.")


class GiftOutOfRange(PointsRefusal):
    code = "gift_out_of_range"
    message = _("A gift has %(least)s to %(most)s points.")
    field = "points"


GIFT_LIMITS: dict[str, str | Promise] = {
    "gifts_used_up": _("You can give %(limit)s times a month. Please come back next month."),
    "gift_points_used_up": _("You can give away %(limit)s points a month in all."),
    "gifts_received_full": _("This person can receive %(limit)s points a month in all."),
}


class GiftsExhausted(PointsRefusal):
    """A monthly limit is reached; `code` says which."""

    def __init__(self, code: str, *, limit: int) -> None:
        self.code = code
        self.message = GIFT_LIMITS[code]
        super().__init__(field="points", limit=limit)


class AdjustmentDecided(PointsRefusal):
    code = "adjustment_decided"
    message = _("This adjustment was already decided.")


class AdjustmentConflict(ReferenceConflict):
    """The key of an adjustment came again with other content."""

    message = _("Another adjustment was already asked for with this form; please open it anew.")


class SecondPersonRequired(PointsRefusal):
    """Above the threshold a different person has to approve (I17)."""

    code = "second_person_required"
    message = _("Somebody other than the person who asked has to approve this adjustment.")


class ReasonRequired(PointsRefusal):
    code = "reason_required"
    message = _("Please give a reason.")
    field = "reason"


class KeyMissing(PointsRefusal):
    code = "idempotency_key_missing"
    message = _("Send an Idempotency-Key header, so that a repeated request is done once.")


class AccountHasHolds(PointsRefusal):
    code = "account_has_holds"
    message = _("%(points)s points are held by an unfinished checkout. Finish or release it first.")
