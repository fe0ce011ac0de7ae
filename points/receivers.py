"""What the ledger does when something happens below it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.dispatch import receiver

from members.signals import members_registered
from points.services import accounts


@receiver(members_registered)
def open_accounts(member_ids: Sequence[int], at: datetime, **kwargs: Any) -> None:
    """A member has a point account from the first moment."""
    accounts.open_accounts(member_ids, at=at)
