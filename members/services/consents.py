"""What a member agrees to, purpose by purpose, and takes back as easily (PIPL 15, 16)."""

from datetime import datetime

from django.db import transaction

from members import exceptions, policies
from members.models import Consent, Member


def give(*, member_id: int, purpose: str, at: datetime) -> None:
    """Record the agreement to the version that the pages show now; a repeat adds nothing."""
    Consent.objects.bulk_create(
        [
            Consent(
                member_id=member_id,
                purpose=_checked(purpose),
                version=policies.TERMS_VERSION,
                given_at=at,
            )
        ],
        ignore_conflicts=True,
    )


def withdraw(*, member_id: int, purpose: str, at: datetime) -> None:
    """Take the agreement back, in every version; nothing happens when it does not stand.

    Raises `ConsentNeeded` for the terms themselves: closing the account withdraws those.
    """
    if _checked(purpose) in Consent.NEEDED:
        raise exceptions.ConsentNeeded
    with transaction.atomic():
        Member.objects.select_for_update().get(pk=member_id)
        Consent.objects.standing().filter(member_id=member_id, purpose=purpose).update(
            withdrawn_at=at
        )


def _checked(purpose: str) -> str:
    if purpose not in Consent.Purpose.values:
        raise exceptions.ConsentUnknown
    return purpose
