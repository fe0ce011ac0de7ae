"""What the ledger does when something happens below it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.dispatch import receiver

from members.signals import (
    member_erased,
    members_changing_hands,
    members_merged,
    members_registered,
)
from points.models import Adjustment
from points.services import accounts, disputes, erasure, merging
from points.signals import adjustment_decided


@receiver(members_registered)
def open_accounts(member_ids: Sequence[int], at: datetime, **kwargs: Any) -> None:
    """A member has a point account from the first moment."""
    accounts.open_accounts(member_ids, at=at)


@receiver(members_changing_hands, dispatch_uid="points.lock_accounts")
def lock_accounts(member_ids: Sequence[int], at: datetime, **kwargs: Any) -> None:
    """Accounts are the first lock of all (docs/architecture.md, lock order)."""
    accounts.lock(member_ids, at=at)


@receiver(members_merged, dispatch_uid="points.merge_accounts")
def merge_accounts(kept_id: int, gone_id: int, at: datetime, actor: str, **kwargs: Any) -> None:
    merging.merge(kept_id=kept_id, gone_id=gone_id, actor=actor, at=at)


@receiver(member_erased, dispatch_uid="points.empty_account")
def empty_account(member_id: int, at: datetime, actor: str, is_forced: bool, **kwargs: Any) -> None:
    erasure.erase(member_id=member_id, actor=actor, at=at, is_forced=is_forced)


@receiver(adjustment_decided, dispatch_uid="points.settle_dispute")
def settle_dispute(adjustment: Adjustment, at: datetime, **kwargs: Any) -> None:
    """The answer of a dispute waits for the decision about its correction."""
    disputes.settle(adjustment=adjustment, at=at)
