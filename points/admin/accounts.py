"""Point accounts in the back office: looked at, frozen and unfrozen, never edited."""

import uuid
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminTextInputWidget

from members.admin.base import ByMember, ReadOnlyAdmin, posted, service_page
from points import selectors
from points.forms import AsOfForm
from points.models import Account
from points.selectors import calendar
from points.services import accounts


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=200,
        help_text=gettext_lazy("The member is shown this text."),
        widget=UnfoldAdminTextInputWidget,
    )
    # Sent twice by a double click, it is the same request and is done once.
    key = forms.UUIDField(initial=uuid.uuid4, widget=forms.HiddenInput)


@admin.register(Account)
class AccountAdmin(ByMember, ReadOnlyAdmin):
    search_help_text = gettext_lazy(
        "Exact member number, mobile number, external number or whole name"
    )
    list_display = (
        "number",
        "name",
        "status_label",
        "available",
        "held",
        "pending",
        "debt",
        "seq",
    )
    list_filter = ("status", "unit")
    list_select_related = ("member",)
    ordering = ("-pk",)
    fields = (
        "member",
        "unit",
        "status",
        "frozen_reason",
        "shown_balance",
        ("available", "held", "pending", "debt"),
        ("earned_total", "spent_total", "expired_total", "clawed_total"),
        "seq",
        "opened_at",
        "rows",
    )
    actions_detail = ("expiring", "adjust", "freeze", "unfreeze")

    def has_adjust_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("points.add_adjustment")

    def has_freeze_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("points.change_account")

    @display(description=gettext_lazy("member number"))
    def number(self, account: Account) -> str:
        return account.member.grouped_number

    @display(description=pgettext_lazy("person", "name"))
    def name(self, account: Account) -> str:
        return account.member.name

    @display(
        description=gettext_lazy("status"),
        label={Account.Status.ACTIVE: "success", Account.Status.FROZEN: "danger"},
    )
    def status_label(self, account: Account) -> tuple[str, str]:
        return account.status, account.get_status_display()

    @display(description=gettext_lazy("usable now"))
    def shown_balance(self, account: Account) -> int:
        """What the member sees: without lots past their day that are not booked yet."""
        now = timezone.now()
        return selectors.balance(account.member_id, now, unit=account.unit).available

    @display(description=gettext_lazy("rows"))
    def rows(self, account: Account) -> str:
        links = [
            (_("Entries"), "admin:points_entry_changelist"),
            (_("Lots"), "admin:points_lot_changelist"),
            (_("Holds"), "admin:points_hold_changelist"),
        ]
        parts = [
            format_html(
                '<a class="text-primary-600 underline mr-4" href="{}?account__id__exact={}">{}</a>',
                reverse(name),
                account.pk,
                text,
            )
            for text, name in links
        ]
        return format_html("{}" * len(parts), *parts)

    @action(
        description=gettext_lazy("Expiry and past balances"),
        url_path="expiring",
        permissions=["view"],
        icon="calendar_month",
    )
    def expiring(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """The calendar of twelve months, and the balance as of any instant, by either clock."""
        account = get_object_or_404(Account.objects.select_related("member"), pk=object_id)
        now = timezone.now()
        # Asked by GET, so that the answer can be kept as a link.
        form = AsOfForm(request.GET if "at_0" in request.GET else None, now=now)
        as_of = None
        if form.is_valid():
            asked = form.cleaned_data
            as_of = selectors.balance_as_of(
                account.member_id, asked["at"], clock=asked["clock"], unit=account.unit
            )
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Expiry and past balances of %(member)s") % {"member": account.member},
            "account": account,
            "balance": selectors.balance(account.member_id, now, unit=account.unit),
            "calendar": calendar.calendar(account.member_id, now),
            "form": form,
            "as_of": as_of,
            "media": self.media,
        }
        return TemplateResponse(request, "admin/points/expiring.html", context)

    @action(
        description=gettext_lazy("Adjust points"),
        url_path="adjust",
        permissions=["adjust"],
        icon="edit",
    )
    def adjust(self, request: HttpRequest, object_id: int) -> HttpResponse:
        account = get_object_or_404(Account.objects.select_related("member"), pk=object_id)
        url = reverse("admin:points_adjustment_add")
        return redirect(f"{url}?member={account.member.number}")

    @action(
        description=gettext_lazy("Freeze"),
        url_path="freeze",
        permissions=["freeze"],
        icon="lock",
    )
    def freeze(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return self._set_status(request, object_id, is_frozen=True)

    @action(
        description=gettext_lazy("Unfreeze"),
        url_path="unfreeze",
        permissions=["freeze"],
        icon="lock_open",
    )
    def unfreeze(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return self._set_status(request, object_id, is_frozen=False)

    def _set_status(self, request: HttpRequest, object_id: int, *, is_frozen: bool) -> HttpResponse:
        account = get_object_or_404(Account.objects.select_related("member"), pk=object_id)
        verb = "freeze" if is_frozen else "unfreeze"

        def call(data: dict[str, Any]) -> tuple[Account, str]:
            service = accounts.freeze if is_frozen else accounts.unfreeze
            service(
                member_id=account.member_id,
                reason=data["reason"],
                reference=f"{verb}:{data['key']}",
                actor=f"staff:{request.user.pk}",
                at=timezone.now(),
            )
            return account, _("Account frozen.") if is_frozen else _("Account unfrozen.")

        return service_page(
            self,
            request,
            form=ReasonForm(posted(request)),
            title=_("Freeze the account of %(member)s") % {"member": account.member}
            if is_frozen
            else _("Unfreeze the account of %(member)s") % {"member": account.member},
            submit=_("Freeze") if is_frozen else _("Unfreeze"),
            call=call,
            back=reverse("admin:points_account_change", args=[account.pk]),
        )
