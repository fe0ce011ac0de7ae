"""What the merchant sets about points as money; the rules page says it at once."""

from datetime import datetime
from typing import Any

from django.db import transaction

from campaigns.services import editions
from sales.models import CheckoutSettings


def save(row: CheckoutSettings, *, at: datetime) -> None:
    """Save what was set, and keep the rules page as it reads from `at` on."""
    with transaction.atomic():
        row.save()
        editions.record(at)


def change(*, at: datetime, **values: Any) -> CheckoutSettings:
    """Set some of the settings by name; the others stay."""
    with transaction.atomic():
        CheckoutSettings.objects.get_or_create(pk=1)
        row = CheckoutSettings.objects.select_for_update().get(pk=1)
        for name, value in values.items():
            setattr(row, name, value)
        row.full_clean()
        save(row, at=at)
    return row
