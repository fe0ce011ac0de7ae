"""Telling members of coupons that end soon."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction

from mall.models import Coupon
from mall.services import notices

AHEAD = timedelta(days=3)
_WINDOW = 1_000


def tell(*, now: datetime, progress: Callable[[int], None] = lambda done: None) -> int:
    """Note every free coupon that ends within three days; returns how many coupons.

    A member is told once of those of a template that end together, however often this runs:
    the notice names them. Coupons that were given for fewer days than that are no news again.
    """
    ending = Coupon.objects.free(now).filter(expires_at__lte=now + AHEAD, issued_at__lt=now - AHEAD)
    rows = ending.select_related("template").order_by("pk")
    after = done = 0
    while page := list(rows.filter(pk__gt=after)[:_WINDOW]):
        with transaction.atomic():
            notices.coupons_ending(page, at=now)
        after = page[-1].pk
        done += len(page)
        progress(done)
    return done
