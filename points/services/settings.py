"""Changing the ledger's settings. The apps above hear of it: members read some of them."""

from datetime import datetime
from typing import Any

from django.db import transaction

from points.models import ClearingSettings, GiftSettings, LedgerSettings
from points.signals import settings_changed


def save(settings: LedgerSettings, *, at: datetime) -> None:
    """Save what was set, and tell the apps above in the same transaction."""
    with transaction.atomic():
        settings.save()
        settings_changed.send(sender=LedgerSettings, at=at)


def save_clearing(settings: ClearingSettings, *, at: datetime) -> None:
    """Save what holds for reminders and clearings, and tell the apps above, as `save` does."""
    with transaction.atomic():
        settings.save()
        settings_changed.send(sender=ClearingSettings, at=at)


def save_gifts(settings: GiftSettings, *, at: datetime) -> None:
    """Save whether and how much members may give, and tell the apps above, as `save` does."""
    with transaction.atomic():
        settings.save()
        settings_changed.send(sender=GiftSettings, at=at)


def set_gifts(*, at: datetime, **values: Any) -> GiftSettings:
    """Set some of the settings of gifts by name; the others stay."""
    with transaction.atomic():
        GiftSettings.objects.get_or_create(pk=1)
        row = GiftSettings.objects.select_for_update().get(pk=1)
        for name, value in values.items():
            setattr(row, name, value)
        row.full_clean()
        save_gifts(row, at=at)
    return row


def set_worth(*, points_per_yuan: int, at: datetime) -> LedgerSettings:
    """Let so many points be worth one yuan from `at` on; the other settings stay.

    Locks the row of settings, and tells the apps above in the same transaction.
    """
    with transaction.atomic():
        LedgerSettings.objects.get_or_create(pk=1)
        row = LedgerSettings.objects.select_for_update().get(pk=1)
        row.points_per_yuan = points_per_yuan
        row.full_clean()
        row.save(update_fields=["points_per_yuan"])
        settings_changed.send(sender=LedgerSettings, at=at)
    return row
