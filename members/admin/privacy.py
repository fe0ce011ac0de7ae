"""What staff do with a member's data: hand out a copy, close the account, see who looked."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from members import policies
from members.admin.base import ByMember, ReadOnlyAdmin, note, posted, service_page
from members.models import AccessLog, Member, RetentionSettings
from members.selectors import consequences
from members.services import access, copies, erasure
from stores.admin.base import OneRowAdmin

# Chosen, not written: what staff write about a person would outlive the person's data.
REASONS = (
    ("in_person", gettext_lazy("The member asked in the shop and was identified")),
    ("in_writing", gettext_lazy("The member asked in writing and was identified")),
    ("by_law", gettext_lazy("An authority or the law demands it")),
    ("deceased", gettext_lazy("The member has died; relatives asked")),
)


class _ReasonForm(forms.Form):
    reason = forms.ChoiceField(
        label=gettext_lazy("Why"), choices=REASONS, widget=UnfoldAdminSelectWidget
    )


class CopyForm(_ReasonForm):
    type = forms.ChoiceField(
        label=gettext_lazy("As"),
        choices=(("zip", gettext_lazy("tables (CSV in a zip file)")), ("json", "JSON")),
        widget=UnfoldAdminSelectWidget,
    )


class CloseForm(_ReasonForm):
    number = forms.CharField(
        label=gettext_lazy("To confirm, the member number"),
        max_length=20,
        widget=UnfoldAdminTextInputWidget,
    )

    def __init__(self, member: Member, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.member = member

    def clean_number(self) -> str:
        number = policies.fold_digits(self.cleaned_data["number"])
        if number != self.member.number:
            raise forms.ValidationError(_("This is not the number of this member."))
        return number


def copy_page(model_admin: ModelAdmin, request: HttpRequest, member_id: int) -> HttpResponse:
    """Hand out a copy of a member's data; who did it, and why, is noted before it leaves."""
    member = get_object_or_404(Member, pk=member_id)
    form = CopyForm(posted(request))
    if form.is_valid():
        now = timezone.now()
        reason = dict(REASONS)[form.cleaned_data["reason"]]
        with transaction.atomic():
            words = _("A copy of the data was handed out. Reason: %(reason)s") % {"reason": reason}
            note(request, member, words)
            access.note(member_id=member.pk, actor=_actor(request), what="export", at=now)
        return copies.download(member, is_zip=form.cleaned_data["type"] == "zip", at=now)
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.model._meta,
        "title": _("Copy of the data of %(member)s") % {"member": member},
        "form": form,
        "button": _("Download"),
        "back": _page_of(member),
        "media": model_admin.media,
    }
    return TemplateResponse(request, "admin/service_form.html", context)


def close_page(model_admin: ModelAdmin, request: HttpRequest, member_id: int) -> HttpResponse:
    """Close a member's account after a look at what is lost. Staff may close a frozen one."""
    member = get_object_or_404(Member, pk=member_id)
    if member.is_closed:
        messages.error(request, _("This member was merged into another or erased."))
        return HttpResponseRedirect(_page_of(member))

    def call(data: dict[str, Any]) -> tuple[Model, str]:
        erasure.erase(member_id=member.pk, actor=_actor(request), at=timezone.now(), is_forced=True)
        member.refresh_from_db()
        return member, _("The account %(number)s was closed. Reason: %(reason)s") % {
            "number": member.grouped_number,
            "reason": dict(REASONS)[data["reason"]],
        }

    return service_page(
        model_admin,
        request,
        form=CloseForm(member, posted(request)),
        title=_("Close the account of %(member)s for good") % {"member": member},
        submit=_("Close the account"),
        call=call,
        back=_page_of(member),
        template="admin/members/close.html",
        shown={"losses": consequences.losses(member, timezone.now())},
    )


def note_look(request: HttpRequest, member: Member) -> None:
    """A member's page was opened by somebody to whom it shows the whole phone number."""
    if member.phone and request.user.has_perm("members.view_phone"):
        access.note(member_id=member.pk, actor=_actor(request), what="page", at=timezone.now())


def note_search(request: HttpRequest, term: str, member_ids: list[int]) -> None:
    """Somebody was found by the phone number: who has a number learns whose it is."""
    if policies.normalise_phone(term) is not None:
        for member_id in member_ids:
            access.note(
                member_id=member_id, actor=_actor(request), what="search", at=timezone.now()
            )


def note_merge(request: HttpRequest, member_id: int) -> None:
    access.note(member_id=member_id, actor=_actor(request), what="merge", at=timezone.now())


def _actor(request: HttpRequest) -> str:
    return f"staff:{request.user.pk}"


def _page_of(member: Member) -> str:
    return reverse("admin:members_member_change", args=[member.pk])


@admin.register(AccessLog)
class AccessLogAdmin(ByMember, ReadOnlyAdmin):
    """Who looked at whom. Only added to; a nightly job deletes what is past its time."""

    list_display = ("day", "member_number", "actor", "what", "times", "last_at")
    list_select_related = ("member",)
    list_filter = ("what",)
    fields = ("day", "member_number", "actor", "what", "times", "first_at", "last_at")
    ordering = ("-pk",)

    @admin.display(description=gettext_lazy("member number"))
    def member_number(self, row: AccessLog) -> str:
        return row.member.grouped_number


@admin.register(RetentionSettings)
class RetentionSettingsAdmin(OneRowAdmin):
    fields = (
        "access_days",
        "device_days",
        "message_days",
        "notice_days",
        "import_days",
        "delivery_days",
        "erased_days",
    )
