"""Recording what the points cost at the end of a month."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from insights.models import LiabilityShare, LiabilitySnapshot
from insights.selectors import liability

MONTHS_BACK = 3


def record(*, day: date, now: datetime) -> LiabilitySnapshot:
    """Keep the liability at the end of `day`, for ever as it is reckoned now.

    A repeat returns what was kept. Raises ValueError for a day that is not over.
    """
    if liability.end_of(day) > now:
        raise ValueError(f"{day} is not over")
    kept = LiabilitySnapshot.objects.filter(day=day).first()
    if kept is not None:
        return kept
    found = liability.balance(day)
    with transaction.atomic():
        snapshot, is_new = LiabilitySnapshot.objects.get_or_create(
            day=day, defaults={"taken_at": now, "basis": found.basis.as_json()}
        )
        if is_new:
            LiabilityShare.objects.bulk_create(
                LiabilityShare(
                    snapshot=snapshot, store_id=store, origin=origin.value, points=points, yuan=yuan
                )
                for (store, origin), (points, yuan) in found.shares.items()
            )
    return snapshot


def record_months(*, now: datetime) -> list[date]:
    """Keep the ends of the last months that are not kept yet, the oldest first."""
    day = now.astimezone(ZoneInfo(settings.TIME_ZONE)).date()
    ends: list[date] = []
    for _month in range(MONTHS_BACK):
        day = day.replace(day=1) - timedelta(days=1)
        ends.insert(0, day)
    known = set(LiabilitySnapshot.objects.filter(day__in=ends).values_list("day", flat=True))
    missing = [end for end in ends if end not in known]
    for end in missing:
        record(day=end, now=now)
    return missing
