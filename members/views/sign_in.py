"""Sign-in and sign-out."""

from urllib.parse import urlencode

from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from members import policies
from members.exceptions import (
    CodesPaused,
    CodeTooSoon,
    PasswordsPaused,
    PasswordTriesUsed,
    TooManyRequests,
)
from members.forms import CodeForm, PhoneForm
from members.forms.security import PasswordSignInForm
from members.models import DeviceSession
from members.services import codes, passwords, sessions, sign_in
from members.views import codes as codes_view
from members.views import visitors
from stores.exceptions import Refusal

_PHONE_COOKIE = "judian_phone"
_PHONE_COOKIE_SECONDS = 900
_BUSY = (CodesPaused, CodeTooSoon, PasswordsPaused, PasswordTriesUsed, TooManyRequests)


@never_cache
@require_http_methods(["GET", "POST"])
def sign_in_phone(request: HttpRequest) -> HttpResponse:
    """First step: to which number the code goes."""
    target = visitors.target(request)
    if visitors.member_of(request) is not None:
        return HttpResponseRedirect(target)
    form = PhoneForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            refusal = _request_code(request, form.cleaned_data["phone"])
            if refusal is None or isinstance(refusal, CodeTooSoon):
                # Too soon means that a code is on its way: the next page is where it belongs.
                return _to_code_page(form.cleaned_data["phone"], target)
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
            status = 429 if isinstance(refusal, _BUSY) else 422
    context = {"form": form, "next": target}
    return render(request, "members/sign_in.html", context, status=status)


@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
def sign_in_code(request: HttpRequest) -> HttpResponse:
    """Second step: the code. A right one signs in, and registers a new number."""
    target = visitors.target(request)
    phone = _remembered_phone(request)
    if phone is None:
        return redirect("members:sign-in")
    form = CodeForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                signed_in = sign_in.sign_in(
                    phone=phone,
                    code=form.cleaned_data["code"],
                    kind=DeviceSession.Kind.WEB,
                    user_agent=request.META.get("HTTP_USER_AGENT", ""),
                    at=timezone.now(),
                    origin=codes_view.origin(request),
                )
            except Refusal as refusal:
                form.add_error("code", str(refusal))
            else:
                return _signed_in(signed_in.credentials.access_token, target)
    return render(
        request,
        "members/sign_in_code.html",
        {
            "form": form,
            "next": target,
            "masked_phone": policies.mask_phone(policies.normalise_phone(phone) or phone),
            "wait_seconds": int(codes.RESEND_AFTER.total_seconds()),
            "valid_minutes": int(codes.CODE_LIFETIME.total_seconds()) // 60,
        },
        status=status,
    )


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def sign_in_password(request: HttpRequest) -> HttpResponse:
    """The other way, for members who have set a password. It registers nobody."""
    target = visitors.target(request)
    if visitors.member_of(request) is not None:
        return HttpResponseRedirect(target)
    form = PasswordSignInForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                signed_in = passwords.sign_in(
                    **form.cleaned_data,
                    ip=request.META.get("REMOTE_ADDR", ""),
                    kind=DeviceSession.Kind.WEB,
                    user_agent=request.META.get("HTTP_USER_AGENT", ""),
                    at=timezone.now(),
                )
            except Refusal as refusal:
                form.add_error(refusal.field if refusal.field == "phone" else None, str(refusal))
                status = 429 if isinstance(refusal, _BUSY) else 422
            else:
                return _signed_in(signed_in.credentials.access_token, target)
    context = {"form": form, "next": target}
    return render(request, "members/sign_in_password.html", context, status=status)


@require_POST
def resend_code(request: HttpRequest) -> HttpResponse:
    """Send another code to the same number, or say how long that has to wait."""
    phone = _remembered_phone(request)
    if phone is None:
        return redirect("members:sign-in")
    refusal = _request_code(request, phone)
    if refusal is None:
        return _to_code_page(phone, visitors.target(request))
    form = PhoneForm({"phone": phone})
    form.add_error(None, str(refusal))
    context = {"form": form, "next": visitors.target(request)}
    return render(request, "members/sign_in.html", context, status=429)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    token = request.COOKIES.get(visitors.SESSION_COOKIE, "")
    sessions.close(token=token, at=timezone.now())
    response = redirect("points:home")
    response.delete_cookie(visitors.SESSION_COOKIE, samesite="Lax")
    return response


def _request_code(request: HttpRequest, phone: str) -> Refusal | None:
    try:
        codes.request_code(
            phone=phone,
            ip=request.META.get("REMOTE_ADDR", ""),
            language=get_language() or "",
            at=timezone.now(),
        )
    except Refusal as refusal:
        return refusal
    return None


def _to_code_page(phone: str, target: str) -> HttpResponse:
    query = urlencode({"next": target})
    response = HttpResponseRedirect(f"{reverse('members:sign-in-code')}?{query}")
    # On the person's own device, so that no row of ours connects a visitor with a number.
    visitors.set_cookie(
        response,
        _PHONE_COOKIE,
        signing.dumps(phone, salt=_PHONE_COOKIE),
        max_age=_PHONE_COOKIE_SECONDS,
    )
    return response


def _remembered_phone(request: HttpRequest) -> str | None:
    try:
        phone = signing.loads(
            request.COOKIES.get(_PHONE_COOKIE, ""),
            salt=_PHONE_COOKIE,
            max_age=_PHONE_COOKIE_SECONDS,
        )
    except signing.BadSignature:
        return None
    return phone if isinstance(phone, str) else None


def _signed_in(token: str, target: str) -> HttpResponse:
    response = HttpResponseRedirect(target)
    visitors.set_cookie(
        response,
        visitors.SESSION_COOKIE,
        token,
        max_age=int(sessions.IDLE_LIFETIME.total_seconds()),
    )
    response.delete_cookie(_PHONE_COOKIE, samesite="Lax")
    return response
