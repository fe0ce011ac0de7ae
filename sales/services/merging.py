"""What becomes of receipts when two members become one."""

from sales.models import Receipt


def merge(*, kept_id: int, gone_id: int) -> None:
    """The receipts of both are the kept member's, so that a return finds the account that is left.

    Within the caller's transaction, under both accounts' locks.
    """
    Receipt.objects.filter(member_id=gone_id).update(member_id=kept_id)
