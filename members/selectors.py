"""Finding people."""

from django.db.models import Q, QuerySet

from members import policies
from members.models import Member


def found_by(text: str) -> QuerySet[Member]:
    """Members whose number, external number, phone or whole name is `text`.

    Exact matches only: each uses a unique index (the name its own), so that a till or a back
    office with a million members answers at once. Blanks in a member number do not matter.
    """
    wanted = text.strip()
    matches = Q(external_number=wanted) | Q(name=wanted)
    digits = policies.fold_digits(wanted)
    if policies.is_member_number(digits):
        matches |= Q(number=digits)
    if phone := policies.normalise_phone(wanted):
        matches |= Q(phone=phone)
    return Member.objects.filter(matches) if wanted else Member.objects.none()
