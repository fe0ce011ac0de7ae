"""What becomes of receipts when two members become one."""

from sales.models import Checkout, Receipt


def merge(*, kept_id: int, gone_id: int) -> None:
    """What both bought and hold is the kept member's: a return finds the account that is left.

    Within the caller's transaction, under both accounts' locks.
    """
    Receipt.objects.filter(member_id=gone_id).update(member_id=kept_id)
    Checkout.objects.filter(member_id=gone_id).update(member_id=kept_id)
