"""What the mall does when something happens below it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.dispatch import receiver

from mall.models import Redemption, RedemptionReturn
from mall.services import coupon_keeping, coupon_months, keeping, notices
from mall.signals import redemption_moved, return_moved
from members.signals import member_erased, members_merged
from tiers.models import StandingChange
from tiers.signals import levels_changed


@receiver(members_merged, dispatch_uid="mall.move_orders")
def move_orders(kept_id: int, gone_id: int, at: datetime, **kwargs: Any) -> None:
    keeping.merge(kept_id=kept_id, gone_id=gone_id, at=at)


@receiver(member_erased, dispatch_uid="mall.forget_orders")
def forget_orders(member_id: int, at: datetime, actor: str, is_forced: bool, **kwargs: Any) -> None:
    keeping.erase(member_id=member_id, at=at, actor=actor, is_forced=is_forced)


@receiver(members_merged, dispatch_uid="mall.move_coupons")
def move_coupons(kept_id: int, gone_id: int, at: datetime, actor: str, **kwargs: Any) -> None:
    coupon_keeping.merge(kept_id=kept_id, gone_id=gone_id, at=at, actor=actor)


@receiver(member_erased, dispatch_uid="mall.forget_coupons")
def forget_coupons(
    member_id: int, at: datetime, actor: str, is_forced: bool, **kwargs: Any
) -> None:
    coupon_keeping.erase(member_id=member_id, at=at, actor=actor, is_forced=is_forced)


@receiver(levels_changed, dispatch_uid="mall.coupons_of_the_level")
def give_coupons_of_the_level(
    changes: Sequence[StandingChange], at: datetime, **kwargs: Any
) -> None:
    coupon_months.issue_to_risen(changes, at=at)


@receiver(redemption_moved, dispatch_uid="mall.tell_step")
def tell_step(redemption: Redemption, state: str, actor: str, at: datetime, **kwargs: Any) -> None:
    notices.moved(redemption, state, actor=actor, at=at)


@receiver(return_moved, dispatch_uid="mall.tell_return")
def tell_return(redemption_return: RedemptionReturn, at: datetime, **kwargs: Any) -> None:
    notices.return_moved(redemption_return, at=at)
