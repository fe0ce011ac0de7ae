"""What the rules do when something happens below them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.dispatch import receiver

from campaigns.services import editions, registrations
from members.signals import members_registered
from points.signals import settings_changed


@receiver(members_registered)
def reward_registration(member_ids: Sequence[int], at: datetime, **kwargs: Any) -> None:
    """Grant what the rules give for joining, in the same transaction (F19)."""
    registrations.reward(member_ids=member_ids, at=at)


@receiver(settings_changed)
def keep_the_rules_page(at: datetime, **kwargs: Any) -> None:
    """The rules page says some of the ledger's settings: a change makes a new edition."""
    editions.record(at)
