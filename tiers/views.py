"""The member's level in a browser."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from members.models import Member
from members.views import member_required
from tiers.selectors import ladder, pages, standings
from tiers.services.climbing import day_of


@require_safe
@member_required
def mine(request: HttpRequest, member: Member) -> HttpResponse:
    """The level, what is missing to the next, what all levels give, and how it came to this."""
    levels = ladder.levels()
    found = pages.mine(member.pk, on=day_of(timezone.now()))
    if found is None:
        return render(request, "tiers/none.html", {"tab": "me"})
    context = {
        "tab": "me",
        "member": member,
        "mine": found,
        "levels": levels,
        "compared": pages.compared(levels, at=timezone.now()),
        "history": standings.history(member.pk),
    }
    return render(request, "tiers/mine.html", context)
