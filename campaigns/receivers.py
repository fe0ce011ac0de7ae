"""What the rules do when something happens below them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.dispatch import receiver

from campaigns.services import editions, erasure, merging, profiles, registrations
from members.signals import (
    member_erased,
    members_merged,
    members_registered,
    profile_completed,
)
from points.signals import settings_changed


@receiver(members_registered)
def reward_registration(
    member_ids: Sequence[int], at: datetime, are_new: bool = True, **kwargs: Any
) -> None:
    """Grant what the rules give for joining, in the same transaction (F19)."""
    if are_new:
        registrations.reward(member_ids=member_ids, at=at)


@receiver(settings_changed)
def keep_the_rules_page(at: datetime, **kwargs: Any) -> None:
    """The rules page says some of the ledger's settings: a change makes a new edition."""
    editions.record(at)


@receiver(profile_completed, dispatch_uid="campaigns.reward_profile")
def reward_profile(member_id: int, at: datetime, **kwargs: Any) -> None:
    """Note what the rules give for a complete profile, once per member."""
    profiles.reward(member_id=member_id, at=at)


@receiver(members_merged, dispatch_uid="campaigns.move_acts")
def move_acts(kept_id: int, gone_id: int, **kwargs: Any) -> None:
    merging.merge(kept_id=kept_id, gone_id=gone_id)


@receiver(member_erased, dispatch_uid="campaigns.forget_words")
def forget_words(member_id: int, **kwargs: Any) -> None:
    erasure.forget(member_id=member_id)
