"""What can be refused about coupons, each with a stable code."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from stores.exceptions import Refusal


class CouponRefused(Refusal):
    """A coupon that cannot be used, or not so; `code` says why and `coupon` which."""

    code = "coupon_refused"
    message = _("This coupon cannot be used.")
    field = "codes"

    def __init__(self, *, coupon: str = "", field: str | None = None, **params: object) -> None:
        self.coupon = coupon
        super().__init__(field=field, **params)


class CouponUnknown(CouponRefused):
    """No such code, or somebody else's: the two are told alike."""

    code = "coupon_unknown"
    message = _("There is no such coupon.")


class CouponWaits(CouponRefused):
    code = "coupon_not_yet"
    message = _("This coupon counts from %(day)s on.")


class CouponLapsed(CouponRefused):
    code = "coupon_expired"
    message = _("This coupon was valid until %(day)s.")


class CouponUsed(CouponRefused):
    code = "coupon_used"
    message = _("This coupon has been used already.")


class CouponVoid(CouponRefused):
    code = "coupon_void"
    message = _("This coupon was made void.")


class CouponLocked(CouponRefused):
    code = "coupon_locked"
    message = _("This coupon is held by a purchase that is under way.")


class CouponWrongStore(CouponRefused):
    code = "coupon_wrong_store"
    message = _("This coupon does not count in this store.")


class CouponNothingCounts(CouponRefused):
    code = "coupon_nothing_counts"
    message = _("Nothing in this basket counts for this coupon.")


class CouponBelowThreshold(CouponRefused):
    code = "coupon_below_threshold"
    message = _("¥%(missing)s are still missing for this coupon.")


class CouponNotTogether(CouponRefused):
    code = "coupon_not_together"
    message = _("This coupon does not go with another one of this purchase.")


class CouponNothingLeft(CouponRefused):
    code = "coupon_nothing_left"
    message = _("Other coupons leave nothing for this one to take off.")


class CouponTwice(CouponRefused):
    code = "coupon_twice"
    message = _("The same coupon is named twice.")


class CouponsTooMany(CouponRefused):
    code = "coupons_too_many"
    message = _("At most %(limit)s coupons go with one purchase.")


class CouponLockLapsed(CouponRefused):
    """A lock whose time is over frees its coupon at once; lock anew."""

    code = "coupon_lock_expired"
    message = _("The time for which this coupon was held is over.")
    field = "order"


class CouponOrderUnknown(CouponRefused):
    code = "coupon_order_unknown"
    message = _("No coupon is held for the order %(order)s.")
    field = "order"


class CouponOrderConflict(CouponRefused):
    """The order's number was used before with other coupons or another basket (I6)."""

    code = "coupon_order_conflict"
    message = _("The order %(order)s has coupons already, with other content.")
    field = "order"


ISSUE_MESSAGES: dict[str, str | Promise] = {
    "coupon_template_unknown": _("There is no such coupon template."),
    "coupon_template_off": _("This coupon is not issued at present."),
    "coupon_template_over": _("The time of this coupon is over."),
    "coupons_exhausted": _("All of these coupons have been given away."),
    "coupon_limit_ever": _("A member gets at most %(limit)s of these coupons."),
    "coupon_limit_month": _("A member gets at most %(limit)s of these coupons in a month."),
    "coupon_limit_day": _("A member gets at most %(limit)s of these coupons in a day."),
    "coupon_quantity_invalid": _("From 1 to %(limit)s coupons are issued at once."),
    "coupon_level_missing": _("This coupon is for members of other levels."),
    "coupon_segment_missing": _("This coupon is for other members."),
    "coupon_member_gone": _("This person is no member any more."),
    "coupon_reference_conflict": _("This reference has issued other coupons: %(reference)s"),
    "coupon_reason_missing": _("A reason is needed."),
    "coupon_batch_size": _("A batch has from 1 to %(limit)s codes."),
}


class CouponNotIssued(Refusal):
    """No coupon is issued; `code` says why. Nothing was counted."""

    def __init__(self, code: str, *, field: str | None = None, **params: object) -> None:
        self.code = code
        self.message = ISSUE_MESSAGES[code]
        super().__init__(field=field, **params)


class ClaimCodeWrong(Refusal):
    """A code that gives nothing: wrong, stopped, or claimed by somebody else, told alike."""

    code = "claim_code_wrong"
    message = _("This code gives no coupon. Look at it again, sign by sign.")
    field = "code"


class CouponGuessesUsedUp(Refusal):
    code = "coupon_guesses_used_up"
    message = _("Too many codes were wrong. Try again in an hour.")
    field = "code"


class TemplateInvalid(Refusal):
    """A value of a template that cannot be kept; `field` says which."""

    code = "coupon_template_invalid"
    message = _("%(reason)s")
