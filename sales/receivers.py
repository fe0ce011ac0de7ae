"""What sales do when something happens below them."""

from typing import Any

from django.dispatch import receiver

from members.policies.traces import Traces
from members.signals import member_erased, members_merged
from sales.services import erasure, merging


@receiver(members_merged, dispatch_uid="sales.move_receipts")
def move_receipts(kept_id: int, gone_id: int, **kwargs: Any) -> None:
    merging.merge(kept_id=kept_id, gone_id=gone_id)


@receiver(member_erased, dispatch_uid="sales.forget_person")
def forget_person(traces: Traces, **kwargs: Any) -> None:
    erasure.forget(traces=traces)
