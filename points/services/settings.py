"""Changing the ledger's settings by another way than their page."""

from django.db import transaction

from points.models import LedgerSettings


def set_worth(*, points_per_yuan: int) -> LedgerSettings:
    """Let so many points be worth one yuan; the other settings stay. Locks the row of settings."""
    with transaction.atomic():
        LedgerSettings.objects.get_or_create(pk=1)
        row = LedgerSettings.objects.select_for_update().get(pk=1)
        row.points_per_yuan = points_per_yuan
        row.full_clean()
        row.save(update_fields=["points_per_yuan"])
    return row
