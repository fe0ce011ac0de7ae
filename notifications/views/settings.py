"""How the member wants to be told: channels, language, quiet hours, e-mail address."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from members.models import Consent, Member
from members.selectors.consents import has_agreed
from members.services import consents
from members.views.visitors import member_required
from notifications.forms.settings import EmailCodeForm, EmailForm, SettingsForm
from notifications.models import Message
from notifications.selectors import reach as selectors
from notifications.services import mailbox, reach
from stores.exceptions import Refusal


@require_http_methods(["GET", "POST"])
@member_required
def overview(request: HttpRequest, member: Member) -> HttpResponse:
    """The table of switches, and what else decides whether a message leaves."""
    held = selectors.reach_of(member.pk)
    form = SettingsForm(request.POST if request.method == "POST" else None, reach=held)
    if form.is_valid():
        try:
            reach.change(
                member_id=member.pk,
                at=timezone.now(),
                language=form.cleaned_data["language"],
                quiet=form.quiet(),
                switches=form.switches(),
            )
        except Refusal as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            return redirect(f"{request.path}?saved=1")
    context = {
        "tab": "me",
        "form": form,
        "reach": held,
        "channels": Message.Channel.choices,
        "on": form.switches() if form.is_bound else held.switches,
        "has_marketing": has_agreed(member.pk, Consent.Purpose.MARKETING),
        "is_saved": "saved" in request.GET,
    }
    status = 422 if form.errors else 200
    return render(request, "notifications/settings.html", context, status=status)


@require_POST
@member_required
def marketing(request: HttpRequest, member: Member) -> HttpResponse:
    """Agree to offers and news, or take it back; the same as on the page of agreements."""
    act = consents.give if request.POST.get("is_given") == "1" else consents.withdraw
    act(member_id=member.pk, purpose=Consent.Purpose.MARKETING, at=timezone.now())
    return redirect("notifications:settings")


@require_http_methods(["GET", "POST"])
@member_required
def email(request: HttpRequest, member: Member) -> HttpResponse:
    """Name an address; a code goes there."""
    form = EmailForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            sent = mailbox.send_code(
                member_id=member.pk,
                email=form.cleaned_data["email"],
                ip=request.META.get("REMOTE_ADDR", ""),
                language=get_language() or "",
                at=timezone.now(),
            )
        except Refusal as refusal:
            form.add_error("email", str(refusal))
        else:
            asked = EmailCodeForm(initial={"email": sent.email})
            return _email_page(request, member, form=form, code_form=asked, sent_to=sent.email)
    return _email_page(request, member, form=form)


@sensitive_post_parameters("code")
@require_POST
@member_required
def confirm_email(request: HttpRequest, member: Member) -> HttpResponse:
    """Believe the address once its code has come back."""
    form = EmailCodeForm(request.POST)
    if form.is_valid():
        data = form.cleaned_data
        try:
            mailbox.confirm(
                member_id=member.pk, email=data["email"], code=data["code"], at=timezone.now()
            )
        except Refusal as refusal:
            form.add_error("code", str(refusal))
        else:
            return redirect("notifications:settings")
    asked = EmailForm(initial={"email": form["email"].value()})
    sent_to = str(form["email"].value() or "")
    return _email_page(request, member, form=asked, code_form=form, sent_to=sent_to)


@require_POST
@member_required
def remove_email(request: HttpRequest, member: Member) -> HttpResponse:
    mailbox.remove(member_id=member.pk, at=timezone.now())
    return redirect("notifications:settings")


def _email_page(
    request: HttpRequest,
    member: Member,
    *,
    form: EmailForm,
    code_form: EmailCodeForm | None = None,
    sent_to: str = "",
) -> HttpResponse:
    context = {
        "tab": "me",
        "form": form,
        "code_form": code_form,
        "sent_to": sent_to,
        "reach": selectors.reach_of(member.pk),
        "valid_minutes": int(mailbox.CODE_LIFETIME.total_seconds()) // 60,
    }
    has_errors = bool(form.errors or (code_form is not None and code_form.errors))
    return render(request, "notifications/email.html", context, status=422 if has_errors else 200)
