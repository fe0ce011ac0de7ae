"""Who looks at a page: the signed-in member or a guest, and where they go next."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache

from members.models import Member

SESSION_COOKIE = "judian_member"

P = ParamSpec("P")


def member_required(
    view: Callable[Concatenate[HttpRequest, Member, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Give the view its member, or lead a guest to sign in and back again."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        member = member_of(request)
        if member is None:
            query = urlencode({"next": request.get_full_path()})
            return redirect(f"{reverse('members:sign-in')}?{query}")
        return view(request, member, *args, **kwargs)

    return never_cache(guarded)


def member_of(request: HttpRequest) -> Member | None:
    """The signed-in member of a page, or None for a guest."""
    return getattr(request, "member", None)


def session_of(request: HttpRequest) -> int | None:
    """The id of the device that asks, or None for a guest."""
    session = getattr(request, "member_session", None)
    return session.pk if session is not None else None


def target(request: HttpRequest) -> str:
    """Where to go afterwards; only ever to a page of ours."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts=None, require_https=request.is_secure()
    )
    return wanted if is_ours and wanted.startswith("/") else reverse("points:home")


def set_cookie(response: HttpResponse, name: str, value: str, *, max_age: int) -> None:
    response.set_cookie(
        name,
        value,
        max_age=max_age,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )
