"""The member's own page, and how the pages look on this device."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from members import policies
from members.models import Member
from members.services import retention
from members.views import visitors
from members.views.visitors import member_required

SIZE_COOKIE = "judian_size"
_YEAR = 365 * 24 * 3600


@require_safe
@member_required
def me(request: HttpRequest, member: Member) -> HttpResponse:
    return render(request, "members/me.html", {"member": member, "tab": "me"})


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """The membership terms and the privacy statement that signing in agrees to."""
    context = {"version": policies.TERMS_VERSION, "kept": retention.settings()}
    return render(request, "members/privacy.html", context)


@require_POST
def set_size(request: HttpRequest) -> HttpResponse:
    """Turn the large type on or off, for this device."""
    response = HttpResponseRedirect(visitors.target(request))
    if request.POST.get("size") == "large":
        response.set_cookie(
            SIZE_COOKIE,
            "large",
            max_age=_YEAR,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )
    else:
        response.delete_cookie(SIZE_COOKIE, samesite="Lax")
    return response
