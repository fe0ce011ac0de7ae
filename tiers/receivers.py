"""What levels do when something happens below them."""

from datetime import datetime
from typing import Any

from django.dispatch import receiver

from members.signals import member_erased, members_merged
from tiers.services import merging


@receiver(members_merged, dispatch_uid="tiers.merge_levels")
def merge_levels(kept_id: int, gone_id: int, at: datetime, actor: str, **kwargs: Any) -> None:
    merging.merge(kept_id=kept_id, gone_id=gone_id, at=at, actor=actor)


@receiver(member_erased, dispatch_uid="tiers.forget_words")
def forget_words(member_id: int, at: datetime, **kwargs: Any) -> None:
    merging.erase(member_id=member_id, at=at)
