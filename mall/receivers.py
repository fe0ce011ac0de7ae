"""What the mall does when something happens below it."""

from datetime import datetime
from typing import Any

from django.dispatch import receiver

from mall.services import keeping
from members.signals import member_erased, members_merged


@receiver(members_merged, dispatch_uid="mall.move_orders")
def move_orders(kept_id: int, gone_id: int, at: datetime, **kwargs: Any) -> None:
    keeping.merge(kept_id=kept_id, gone_id=gone_id, at=at)


@receiver(member_erased, dispatch_uid="mall.forget_orders")
def forget_orders(member_id: int, at: datetime, actor: str, is_forced: bool, **kwargs: Any) -> None:
    keeping.erase(member_id=member_id, at=at, actor=actor, is_forced=is_forced)
