"""What the analysis does when something happens below it."""

from datetime import datetime
from typing import Any

from django.dispatch import receiver

from insights.services import rfm
from members.signals import member_erased, members_merged


@receiver(members_merged, dispatch_uid="insights.merge_scores")
def merge_scores(kept_id: int, gone_id: int, at: datetime, **kwargs: Any) -> None:
    rfm.merge(kept_id=kept_id, gone_id=gone_id, at=at)


@receiver(member_erased, dispatch_uid="insights.forget_scores")
def forget_scores(member_id: int, **kwargs: Any) -> None:
    rfm.forget(member_id=member_id)
