"""Merging two rows that are one person: choose the other, compare, then merge."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminTextInputWidget

from members.admin import privacy
from members.admin.base import posted, service_page
from members.forms import one_member
from members.models import Member
from members.selectors import look_up
from members.services import merging


class OtherForm(forms.Form):
    other = forms.CharField(
        label=gettext_lazy("The other row of the same person"),
        max_length=64,
        help_text=gettext_lazy("Exact member number, mobile number, external number or whole name"),
        widget=UnfoldAdminTextInputWidget,
    )

    def clean_other(self) -> Member:
        return one_member(self.cleaned_data["other"])


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("How we know that it is the same person"),
        max_length=200,
        widget=UnfoldAdminTextInputWidget,
    )


def page(admin: ModelAdmin, request: HttpRequest, member_id: int) -> HttpResponse:
    """The two steps; nothing happens before both rows have been shown side by side."""
    kept = get_object_or_404(Member, pk=member_id)
    back = reverse("admin:members_member_change", args=[kept.pk])
    if kept.is_closed:
        messages.error(request, _("This member was merged into another or erased."))
        return HttpResponseRedirect(back)
    gone = Member.objects.filter(number=request.GET.get("gone", "")[:20]).first()
    if gone is None or gone.pk == kept.pk:
        return _choose(admin, request, kept, back=back)

    def call(data: dict[str, Any]) -> tuple[Model, str]:
        merging.merge(
            kept_id=kept.pk, gone_id=gone.pk, actor=f"staff:{request.user.pk}", at=timezone.now()
        )
        privacy.note_merge(request, kept.pk)
        return kept, _("Member %(gone)s merged into %(kept)s. Reason: %(reason)s") % {
            "gone": gone.grouped_number,
            "kept": kept.grouped_number,
            "reason": data["reason"],
        }

    return service_page(
        admin,
        request,
        form=ReasonForm(posted(request)),
        title=_("Merge two rows of one person"),
        submit=_("Merge"),
        call=call,
        back=back,
        template="admin/members/merge.html",
        shown={"kept": _seen(kept), "gone": _seen(gone)},
    )


def _choose(admin: ModelAdmin, request: HttpRequest, kept: Member, *, back: str) -> HttpResponse:
    form = OtherForm(posted(request))
    if form.is_valid():
        other: Member = form.cleaned_data["other"]
        if other.pk != kept.pk:
            return HttpResponseRedirect(f"{request.path}?gone={other.number}")
        form.add_error("other", _("Please name another member."))
    context = {
        **admin.admin_site.each_context(request),
        "opts": admin.model._meta,
        "title": _("Merge %(member)s with another row") % {"member": kept},
        "form": form,
        "button": _("Compare"),
        "back": back,
        "media": admin.media,
    }
    return TemplateResponse(request, "admin/service_form.html", context)


def _seen(member: Member) -> look_up.Found | None:
    """The member with what the apps above say at a till: balance, level."""
    return look_up.look_up("number", member.number, at=timezone.now())
