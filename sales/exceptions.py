"""What the intake of receipts can refuse, each with a stable code."""

from typing import Any, ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from stores.exceptions import FILE_MESSAGES, Refusal

MESSAGES: dict[str, str | Promise] = {
    "required": _("A value is missing."),
    "text_too_long": _("The text has %(length)s characters; at most %(limit)s are accepted."),
    "unsafe_characters": _("The text contains control characters or broken characters."),
    "outer_blanks": _("The number must not begin or end with a blank."),
    "kind_unknown": _("The kind must be sale or return."),
    "line_kind_unknown": _("The kind of a line must be goods or freight."),
    "not_on_return": _("A return cannot say this; its sale does."),
    "completed_before_sale": _("An order cannot be complete before it was placed."),
    "completed_too_late": _("An order is complete at most %(limit)s days after the sale."),
    "paid_more_than_total": _("More is paid this way than is left of the total: %(left)s."),
    "currency_unknown": _("The currency must be a code of three capital letters, such as CNY."),
    "original_on_sale": _("A sale cannot name an original receipt."),
    "date_in_future": _("The date %(date)s lies in the future."),
    "date_too_old": _("The date %(date)s lies before the year 2000."),
    "lines_missing": _("The receipt has no lines."),
    "too_many_lines": _("A receipt has at most %(limit)s lines."),
    "total_too_large": _("The amount is larger than %(limit)s."),
    "quantity_out_of_range": _("The quantity is not a number up to %(limit)s."),
    "quantity_not_positive": _("The quantity must be more than zero, not %(value)s."),
    "too_many_decimals": _("At most %(limit)s decimals are accepted."),
    "price_out_of_range": _("The unit price is not a number up to %(limit)s."),
    "price_negative": _("The unit price must not be negative: %(value)s."),
    "amount_out_of_range": _("The amount must lie between 0 and %(limit)s."),
    "amount_above_price": _("The amount is larger than quantity × unit price."),
    "sale_line_without_sale": _("A line of the sale is named, but not the sale."),
    "sale_line_unknown": _("The sale has no such line."),
    "sale_line_mismatch": _("This line of the sale is a different article."),
    "sku_not_sold": _("This article is not on the sale."),
    "return_exceeds_quantity": _("More comes back than was sold: only %(left)s left to return."),
    "return_exceeds_amount": _("More money goes back than was paid: only %(left)s is left."),
    "return_of_return": _("The original receipt is itself a return."),
    "member_mismatch": _("The sale belongs to a different member."),
    "currency_mismatch": _("The sale was in a different currency."),
    "store_unknown": _("There is no store with the code %(store)s."),
    "unknown_member": _("There is no member %(member)s."),
    "not_a_number": _("This is not a number."),
    "not_a_time": _("This is not a date and time in the expected form."),
    "wrong_cell_count": _("The row has %(count)s cells instead of %(expected)s."),
    "unreadable_text": _("The row contains characters that the file's encoding does not have."),
    "unclosed_quote": _("A quotation mark is opened and never closed."),
    "line_too_long": _("The row is too long to be read."),
    "mixed_members": _("The rows of this receipt name different members."),
    "mixed_kinds": _("The rows of this receipt are partly sale and partly return."),
    "mixed_originals": _("The rows of this receipt name different original receipts."),
    "mixed_channels": _("The rows of this receipt name different channels."),
    "mixed_businesses": _("The rows of this receipt name different lines of business."),
    "mixed_completions": _("The rows of this receipt name different times of completion."),
    "mixed_payments": _("The rows of this receipt name different payments by coupon or points."),
    "receipt_incomplete": _("Another row of the same receipt was refused."),
    "ledger_refused": _("The points could not be posted: %(reason)s"),
    "duplicate_number": _("A receipt %(number)s with different content is already there."),
}


class ReceiptRefused(Refusal):
    """A receipt that is not taken in. `line_no` says which of its lines is at fault, if one."""

    def __init__(
        self, code: str, *, field: str | None = None, line_no: int | None = None, **params: Any
    ) -> None:
        self.code = code
        self.message = MESSAGES[code]
        self.line_no = line_no
        super().__init__(field=field, **params)


class DuplicateNumber(ReceiptRefused):
    """The number is taken by a receipt with other content (I6)."""

    def __init__(self, *, number: str) -> None:
        super().__init__("duplicate_number", field="number", number=number)


class AlreadySettled(Refusal):
    code = "return_already_settled"
    message = _("This return is settled already.")


FILE_MESSAGES.update(
    no_rule=_("No earning rule is published, so no receipt would earn points. Publish one first."),
)


class ImportTakenOver(Refusal):
    """Another process goes on with the same import; this one has stopped in time."""

    code = "import_taken_over"
    message = _("Another process continues this import.")


# Why points cannot pay (more) at a checkout: told with a quote, raised by a hold.
DEDUCTION_MESSAGES: dict[str, str | Promise] = {
    "deduction_off": _("Points cannot be used as money here."),
    "order_too_small": _("Points can be used from ¥%(least)s on; ¥%(missing)s are missing."),
    "goods_excluded": _("Goods worth ¥%(yuan)s cannot be paid with points."),
    "freight_excluded": _("Delivery (¥%(yuan)s) cannot be paid with points."),
    "nothing_payable": _("Nothing of this order can be paid with points."),
    "all_paid": _("That is all that points can pay of this order: ¥%(yuan)s."),
    "order_cap": _("Points pay at most ¥%(yuan)s of an order."),
    "order_share": _("Points pay at most %(share)s %% of an order, here ¥%(yuan)s."),
    "balance": _("The member has %(points)s points to use."),
    "balance_share": _(
        "At most %(share)s %% of the member's points can go in one order, here %(points)s points."
    ),
    "points_step": _("Points are used in multiples of %(step)s."),
    "points_min": _("At least %(least)s points have to be used at once."),
    "points_above_most": _("At most %(most)s points can be used for this order."),
    "points_worth_nothing": _("So few points are worth less than a fen."),
    "coupon_without_points": _("The coupon %(coupon)s cannot be used together with points."),
    "account_frozen": _("This points account is frozen. Reason: %(reason)s"),
}


class DeductionRefused(Refusal):
    """Points that cannot be used as asked; the code says which limit of the merchant it is."""

    def __init__(self, code: str, **params: Any) -> None:
        self.code = code
        self.message = DEDUCTION_MESSAGES[code]
        super().__init__(field="points", **params)


class CheckoutRefused(Refusal):
    code = "checkout_refused"
    field = "number"


class CheckoutUnknown(CheckoutRefused):
    code = "checkout_unknown"
    message = _("There is no checkout with this number: %(number)s")


class CheckoutConflict(CheckoutRefused):
    """The number came again with other content (I6)."""

    code = "checkout_conflict"
    message = _("A checkout %(number)s with different content is already there.")


class CheckoutEmpty(CheckoutRefused):
    code = "checkout_empty"
    message = _("Neither points nor coupons can be used: %(reason)s")
    field = "points"


class CheckoutReleased(CheckoutRefused):
    code = "checkout_released"
    message = _("The checkout %(number)s has been released; nothing is held for it any more.")


class CheckoutCaptured(CheckoutRefused):
    """Its member wants it back; the store has made use of it."""

    code = "checkout_captured"
    message = _("The store has already used this; please ask there.")


class CheckoutTimedOut(CheckoutRefused):
    """Its time is over, and what it held is not free to be held anew."""

    code = "checkout_timed_out"
    message = _(
        "The checkout %(number)s has timed out, and its points or coupons are not free any more."
    )


class CheckoutUsed(CheckoutRefused):
    code = "checkout_used"
    message = _("The checkout %(number)s has been used for receipt %(receipt)s.")


class CheckoutMismatch(CheckoutRefused):
    """A receipt that is not the purchase for which points or coupons were held."""

    code = "checkout_mismatch"
    message = _("The receipt does not agree with its checkout %(number)s: %(reason)s")
    reasons: ClassVar[dict[str, str | Promise]] = {
        "member": _("it belongs to a different member"),
        "lines": _("its goods, quantities or amounts are different"),
        "currency": _("a checkout is in CNY"),
        "paid_by_points": _("%(held)s yuan are held as paid by points, not %(said)s"),
        "paid_by_coupon": _("%(held)s yuan are held as paid by coupon, not %(said)s"),
    }

    def __init__(self, what: str, *, number: str, **params: Any) -> None:
        self.params = {"number": number, "reason": _Reason(self.reasons[what], params)}
        Refusal.__init__(self, field=what, **self.params)


class _Reason:
    """A sentence with figures that is said in the reader's language, not in the writer's."""

    def __init__(self, text: str | Promise, params: dict[str, Any]) -> None:
        self.text, self.params = text, params

    def __str__(self) -> str:
        return str(self.text) % self.params if self.params else str(self.text)
