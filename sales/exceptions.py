"""What the intake of receipts can refuse, each with a stable code."""

from typing import Any

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
