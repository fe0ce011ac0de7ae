"""Where a member is signed in, and the password."""

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from members.forms.security import PasswordForm, ProofForm
from members.models import Member
from members.selectors import security
from members.services import passwords, sessions, wechat
from members.services.codes import CODE_LIFETIME
from members.views import visitors
from members.views.visitors import member_required
from stores.exceptions import Refusal

DEVICES_PAGE = 20


@require_safe
@member_required
def devices(request: HttpRequest, member: Member) -> HttpResponse:
    """The devices on which the member is signed in, this one marked."""
    found = security.devices(member_id=member.pk, at=timezone.now())
    page = Paginator(found, DEVICES_PAGE).get_page(request.GET.get("page"))
    this = visitors.session_of(request)
    context = {
        "page": page,
        "devices": [security.described(row, this=this) for row in page.object_list],
        "wechat_bound_at": security.wechat_bound_at(member.pk),
        "tab": "me",
    }
    return render(request, "members/devices.html", context)


@require_POST
@member_required
def sign_out_device(request: HttpRequest, member: Member, device_id: int) -> HttpResponse:
    """Sign out one device; the present one leads home, as a guest."""
    if not sessions.close_one(member_id=member.pk, session_id=device_id, at=timezone.now()):
        raise Http404
    if device_id == visitors.session_of(request):
        return _as_guest()
    return redirect("members:devices")


@require_http_methods(["GET", "POST"])
@member_required
def sign_out_everywhere(request: HttpRequest, member: Member) -> HttpResponse:
    """Ask first, then sign out every device, this one as well."""
    if request.method == "POST":
        sessions.close_all(member_id=member.pk, at=timezone.now())
        return _as_guest()
    count = security.devices(member_id=member.pk, at=timezone.now()).count()
    context = {"count": count, "tab": "me"}
    return render(request, "members/sign_out_everywhere.html", context)


@require_POST
@member_required
def unbind_wechat(request: HttpRequest, member: Member) -> HttpResponse:
    wechat.unbind(member_id=member.pk)
    return redirect("members:devices")


@sensitive_post_parameters("new_password", "old_password", "code")
@require_http_methods(["GET", "POST"])
@member_required
def password(request: HttpRequest, member: Member) -> HttpResponse:
    """Set or change the password, with a code or the password so far."""
    form = PasswordForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        given = form.cleaned_data
        try:
            passwords.change(new=given["new_password"], **_proof(request, member, given))
        except Refusal as refusal:
            _explain(form, refusal)
        else:
            return redirect("members:password")
    return _password_page(request, member, form=form)


@require_POST
@member_required
def send_password_code(request: HttpRequest, member: Member) -> HttpResponse:
    """Send a code to the member's own number, and show the form that asks for it."""
    form = PasswordForm()
    try:
        passwords.request_code(
            member=member,
            ip=request.META.get("REMOTE_ADDR", ""),
            language=get_language() or "",
            at=timezone.now(),
        )
    except Refusal as refusal:
        return _password_page(request, member, form=form, notice=str(refusal), status=429)
    return _password_page(request, member, form=form, is_sent=True)


@sensitive_post_parameters("old_password", "code")
@require_POST
@member_required
def remove_password(request: HttpRequest, member: Member) -> HttpResponse:
    """Go back to codes alone, with the same proof as for a change."""
    form = ProofForm(request.POST)
    if form.is_valid():
        try:
            passwords.remove(**_proof(request, member, form.cleaned_data))
        except Refusal as refusal:
            _explain(form, refusal)
        else:
            return redirect("members:password")
    return _password_page(request, member, form=PasswordForm(), proof=form)


def _password_page(
    request: HttpRequest,
    member: Member,
    *,
    form: PasswordForm,
    proof: ProofForm | None = None,
    notice: str = "",
    is_sent: bool = False,
    status: int = 200,
) -> HttpResponse:
    if any(one.is_bound for one in (form, proof) if one is not None):
        status = 422
    context = {
        "form": form,
        "proof": proof or ProofForm(auto_id="removal_%s"),
        "changed_at": security.password_changed_at(member.pk),
        "masked_phone": member.masked_phone,
        "valid_minutes": int(CODE_LIFETIME.total_seconds()) // 60,
        "notice": notice,
        "is_sent": is_sent,
        "tab": "me",
    }
    return render(request, "members/password.html", context, status=status)


def _proof(request: HttpRequest, member: Member, given: dict[str, Any]) -> dict[str, Any]:
    return {
        "member": member,
        "old": given["old_password"],
        "code": given["code"],
        "ip": request.META.get("REMOTE_ADDR", ""),
        "keep_session": visitors.session_of(request),
        "at": timezone.now(),
    }


def _explain(form: ProofForm, refusal: Refusal) -> None:
    form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))


def _as_guest() -> HttpResponse:
    response = redirect("points:home")
    response.delete_cookie(visitors.SESSION_COOKIE, samesite="Lax")
    return response
