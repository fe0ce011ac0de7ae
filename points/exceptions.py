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


class PersonNamed(PointsRefusal):
    """A text that is kept for ever holds a phone number."""

    code = "person_named"
    message = _("This text is kept for good. Please leave the phone number out of it.")
    field = "reason"


class AccountHasHolds(PointsRefusal):
    code = "account_has_holds"
    message = _("%(points)s points are held by an unfinished checkout. Finish or release it first.")


OPENING_MESSAGES: dict[str, str | Promise] = {
    "required": _("A value is missing."),
    "wrong_cell_count": _("The row has %(count)s cells instead of %(expected)s."),
    "unreadable_text": _("The row contains characters that the file's encoding does not have."),
    "unclosed_quote": _("A quotation mark is opened and never closed."),
    "line_too_long": _("The row is too long to be read."),
    "nobody_named": _("The row names nobody: it needs an external number or a phone number."),
    "external_invalid": _("An external number has 1 to 64 characters and no control characters."),
    "phone_invalid": _("This is not a mobile number."),
    "name_unfit": _("A name has at most 60 characters and no control characters."),
    "gender_unknown": _("The gender must be female, male, other, or empty."),
    "not_a_date": _("This is not a date such as 2026-11-22, 2026/11/22 or 20261122."),
    "no_such_day": _("There is no such day in the calendar."),
    "birthday_impossible": _("Nobody alive was born on this day."),
    "date_in_future": _("The date %(date)s lies in the future."),
    "date_too_old": _("The date %(date)s lies too far in the past."),
    "store_unknown": _("There is no store with the code %(store)s."),
    "tag_invalid": _("A tag has at most %(limit)s characters, a person at most %(most)s of them."),
    "points_not_whole": _("Points must be a whole number."),
    "points_negative": _("Points must not be negative. Debts cannot be brought over."),
    "points_too_many": _("Nobody can have more than %(limit)s points."),
    "lot_invalid": _("A lot number has at most %(limit)s characters and no control characters."),
    "valid_before_earned": _("The last day of validity lies before the day of earning."),
    "credited_before_earned": _("The day of credit lies before the day of earning."),
    "credited_after_valid": _("The day of credit lies after the last day of validity."),
    "phone_contradicts": _(
        "Rows of the file give one number two phones, or one phone two numbers. Nobody can tell "
        "whose the points are."
    ),
    "person_contradicts": _("Rows of the same person say different things here."),
    "person_incomplete": _("Other rows of the same person contradict each other."),
    "lot_twice": _("This person has the lot number more than once, first in row %(first)s."),
    "lot_without_number": _(
        "This person has several lots of the same days, first in row %(first)s. Give each a lot "
        "number."
    ),
    "lot_changed": _("This lot was brought over before with other figures: %(before)s."),
    "lot_numbered_since": _(
        "A lot of the same days was brought over before, once with a lot number and once without. "
        "It would be booked twice."
    ),
    "phone_of_another": _("The phone number belongs to a different member than the number."),
    "phone_differs": _("The member with this number is known by another phone number."),
    "external_differs": _("The member with this phone is known by another external number."),
    "person_left": _("The account with this phone number was closed at its owner's wish."),
    "ledger_refused": _("The points could not be posted: %(reason)s"),
}


class OpeningTakenOver(PointsRefusal):
    """Another process goes on with the same import; this one has stopped in time."""

    code = "import_taken_over"
    message = _("Another process continues this import.")


class NotRehearsed(PointsRefusal):
    code = "not_rehearsed"
    message = _("Only a finished dry run whose file is still here can be imported for real.")


class EntryUnknown(PointsRefusal):
    """For ids, where `EntryNotFound` speaks of references."""

    code = "entry_not_found"
    message = _("There is no such entry.")
    field = "entry"


class DisputeUnknown(PointsRefusal):
    code = "dispute_unknown"
    message = _("This ticket is not about an entry.")


class CorrectionWaiting(PointsRefusal):
    code = "correction_waiting"
    message = _("A correction for this ticket already waits for approval.")


class ClearingStateWrong(PointsRefusal):
    """The clearing has moved on meanwhile, or is not that far yet."""

    code = "clearing_state"
    message = _("This clearing is “%(state)s”; that cannot be done now.")


class ClearingScopeInvalid(PointsRefusal):
    """The days of a clearing do not fit together; `field` names the one to look at."""

    code = "clearing_scope"
    message = _(
        "The earning days must be in order, and end no later than the last day on which the "
        "points count."
    )

    def __init__(self, *, field: str) -> None:
        super().__init__()
        self.field = field


class ClearingIsOwn(PointsRefusal):
    """Who ordered or changed a clearing cannot approve it (four eyes, as I17)."""

    code = "clearing_own"
    message = _("Somebody else must approve a clearing that you ordered or changed.")


class RehearsalTooOld(PointsRefusal):
    code = "clearing_rehearsal_old"
    message = _("The rehearsal is older than %(days)s days. Rehearse again.")


class ClearingTooSoon(PointsRefusal):
    """The members could not be told in time."""

    code = "clearing_too_soon"
    message = _(
        "Members must be told %(days)s days ahead: the points have to count through %(day)s "
        "at least."
    )
    field = "last_day"


class ClearingNotDue(PointsRefusal):
    code = "clearing_not_due"
    message = _("The points count through %(day)s; they can be cleared when that day has ended.")


class ClearingUndoOver(PointsRefusal):
    """The days in which a clearing can be undone are over."""

    code = "clearing_undo_over"
    message = _("A clearing can be undone for %(days)s days; they are over.")


class UndoDayInvalid(PointsRefusal):
    code = "clearing_undo_day"
    message = _("Points that are given back must count beyond today.")
    field = "counts_through"
