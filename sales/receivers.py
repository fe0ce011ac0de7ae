"""What sales do when something happens below them."""

from typing import Any

from django.dispatch import receiver

from members.signals import members_merged
from sales.services import merging


@receiver(members_merged, dispatch_uid="sales.move_receipts")
def move_receipts(kept_id: int, gone_id: int, **kwargs: Any) -> None:
    merging.merge(kept_id=kept_id, gone_id=gone_id)
