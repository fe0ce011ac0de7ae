"""What levels do when something happens below them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.dispatch import receiver

from members.signals import member_erased, members_merged
from tiers.models import StandingChange
from tiers.services import merging, notices
from tiers.signals import levels_changed, levels_warned


@receiver(members_merged, dispatch_uid="tiers.merge_levels")
def merge_levels(kept_id: int, gone_id: int, at: datetime, actor: str, **kwargs: Any) -> None:
    merging.merge(kept_id=kept_id, gone_id=gone_id, at=at, actor=actor)


@receiver(member_erased, dispatch_uid="tiers.forget_words")
def forget_words(member_id: int, at: datetime, **kwargs: Any) -> None:
    merging.erase(member_id=member_id, at=at)


@receiver(levels_changed, dispatch_uid="tiers.tell_changes")
@receiver(levels_warned, dispatch_uid="tiers.tell_warnings")
def tell_members(
    changes: Sequence[StandingChange], at: datetime, is_live: bool = True, **kwargs: Any
) -> None:
    """History that is imported happened long ago: nobody is told of it."""
    if is_live:
        notices.tell(changes, at=at)
