"""A member's data: take them away, see who looked, close the account."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from members.forms.privacy import WORDS, CloseForm
from members.models import Member
from members.selectors import access, consequences, personal_data
from members.services import erasure, exports, passwords
from members.services.codes import CODE_LIFETIME
from members.services.copies import download
from members.views import visitors
from members.views.visitors import member_required
from stores.exceptions import Refusal


@require_safe
@member_required
def overview(request: HttpRequest, member: Member) -> HttpResponse:
    """All that concerns a member's data, on one page."""
    return _overview(request, member)


@require_POST
@member_required
def copy(request: HttpRequest, member: Member) -> HttpResponse:
    """Hand out the copy: JSON for programs, tables for people."""
    now = timezone.now()
    try:
        exports.allow_own(member=member, at=now)
    except Refusal as refusal:
        return _overview(request, member, refused=str(refusal), status=429)
    return download(member, is_zip=request.POST.get("as") == "zip", at=now)


@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
@member_required
def close(request: HttpRequest, member: Member) -> HttpResponse:
    """Say what happens, ask for a code and typed words, then close the account for good."""
    form = CloseForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            erasure.erase_own(member=member, code=form.cleaned_data["code"], at=timezone.now())
        except Refusal as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            response = redirect("members:closed")
            response.delete_cookie(visitors.SESSION_COOKIE, samesite="Lax")
            return response
    return _close_page(request, member, form=form)


@require_POST
@member_required
def send_close_code(request: HttpRequest, member: Member) -> HttpResponse:
    """Send a code to the member's own number."""
    try:
        passwords.request_code(
            member=member,
            ip=request.META.get("REMOTE_ADDR", ""),
            language=get_language() or "",
            at=timezone.now(),
        )
    except Refusal as refusal:
        return _close_page(request, member, form=CloseForm(), notice=str(refusal), status=429)
    return _close_page(request, member, form=CloseForm(), is_sent=True)


@require_safe
def closed(request: HttpRequest) -> HttpResponse:
    return render(request, "members/closed.html")


def _overview(
    request: HttpRequest, member: Member, *, refused: str = "", status: int = 200
) -> HttpResponse:
    context = {
        "accesses": access.latest(personal_data.ids_of(member)),
        "copies_per_day": exports.COPIES_PER_DAY,
        "refused": refused,
        "tab": "me",
    }
    return render(request, "members/my_privacy.html", context, status=status)


def _close_page(
    request: HttpRequest,
    member: Member,
    *,
    form: CloseForm,
    notice: str = "",
    is_sent: bool = False,
    status: int = 200,
) -> HttpResponse:
    now = timezone.now()
    context = {
        "form": form,
        "words": str(WORDS),
        "losses": consequences.losses(member, now),
        "hindrance": consequences.hindrance(member, now),
        "masked_phone": member.masked_phone,
        "valid_minutes": int(CODE_LIFETIME.total_seconds()) // 60,
        "notice": notice,
        "is_sent": is_sent,
        "tab": "me",
    }
    return render(request, "members/close.html", context, status=422 if form.errors else status)
