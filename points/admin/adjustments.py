"""Adjustments by hand: asked for, approved by a second person where needed (I17)."""

import uuid
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action, display
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from members.admin.base import ByMember, ReadOnlyAdmin, posted, service_page
from members.forms import one_member
from members.models import Member
from points.models import Adjustment
from points.policies import LIMIT
from points.selectors.statements import signed
from points.services import adjustments


class AdjustmentForm(forms.Form):
    member = forms.CharField(
        label=gettext_lazy("Member"),
        max_length=64,
        help_text=gettext_lazy("Member number, mobile number or external number."),
        widget=UnfoldAdminTextInputWidget,
    )
    points = forms.IntegerField(
        label=gettext_lazy("Points"),
        min_value=-LIMIT,
        max_value=LIMIT,
        help_text=gettext_lazy("A positive number adds points, a negative number takes them."),
        widget=UnfoldAdminIntegerFieldWidget,
    )
    reason = forms.ChoiceField(
        label=gettext_lazy("Reason"),
        choices=Adjustment.Reason.choices,
        widget=UnfoldAdminSelectWidget,
    )
    note = forms.CharField(
        label=gettext_lazy("Note"),
        max_length=200,
        help_text=gettext_lazy("What happened, for whoever looks at this later."),
        widget=UnfoldAdminTextInputWidget,
    )

    # Sent twice by a double click, it is the same adjustment and is booked once.
    key = forms.UUIDField(initial=uuid.uuid4, widget=forms.HiddenInput)

    def clean_member(self) -> Member:
        return one_member(self.cleaned_data["member"])


@admin.register(Adjustment)
class AdjustmentAdmin(ByMember, ReadOnlyAdmin):
    list_display = (
        "requested_at",
        "member",
        "signed_points",
        "reason",
        "note",
        "state_label",
        "requested_by",
        "decided_by",
    )
    list_filter = ("state", "reason")
    list_select_related = ("member", "requested_by", "decided_by")
    ordering = ("-pk",)
    fields = (
        "member",
        "signed_points",
        "reason",
        "note",
        "expires_at",
        "state",
        "needs_second_person",
        "requested_by",
        "requested_at",
        "decided_by",
        "decided_at",
        "entry",
    )
    actions_detail = ("approve", "reject")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("points.add_adjustment")

    def has_approve_adjustment_permission(
        self, request: HttpRequest, object_id: str | int | None = None
    ) -> bool:
        # By method, not by the permission's name: the theme checks names in the database, which
        # is still empty when the very first `migrate` runs.
        return request.user.has_perm("points.approve_adjustment")

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        return service_page(
            self,
            request,
            form=AdjustmentForm(posted(request), initial={"member": request.GET.get("member", "")}),
            title=_("Adjust points by hand"),
            submit=_("Adjust"),
            call=lambda data: _ask(data, person=_staff(request)),
            back=reverse("admin:points_adjustment_changelist"),
        )

    @display(description=gettext_lazy("points"))
    def signed_points(self, adjustment: Adjustment) -> str:
        return signed(adjustment.points)

    @display(
        description=gettext_lazy("state"),
        label={
            Adjustment.State.WAITING: "warning",
            Adjustment.State.POSTED: "success",
            Adjustment.State.REJECTED: "danger",
        },
    )
    def state_label(self, adjustment: Adjustment) -> tuple[str, str]:
        return adjustment.state, adjustment.get_state_display()

    @action(
        description=gettext_lazy("Approve"),
        url_path="approve",
        permissions=["approve_adjustment"],
        icon="check",
    )
    def approve(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return self._decide(request, object_id, is_approved=True)

    @action(
        description=gettext_lazy("Reject"),
        url_path="reject",
        permissions=["approve_adjustment"],
        icon="close",
    )
    def reject(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return self._decide(request, object_id, is_approved=False)

    def _decide(self, request: HttpRequest, object_id: int, *, is_approved: bool) -> HttpResponse:
        rows = Adjustment.objects.select_related("member")
        adjustment = get_object_or_404(rows, pk=object_id)
        facts = {"points": signed(adjustment.points), "member": adjustment.member}
        if is_approved:
            title = _("Approve %(points)s points for %(member)s") % facts
        else:
            title = _("Reject %(points)s points for %(member)s") % facts

        def call(_data: dict[str, Any]) -> tuple[Adjustment, str]:
            service = adjustments.approve if is_approved else adjustments.reject
            decided = service(
                adjustment_id=adjustment.pk, decided_by=_staff(request), at=timezone.now()
            )
            done = _("Approved and booked.") if is_approved else _("Rejected.")
            return decided, done

        return service_page(
            self,
            request,
            form=forms.Form(posted(request)),
            title=title,
            submit=_("Approve") if is_approved else _("Reject"),
            call=call,
            back=reverse("admin:points_adjustment_change", args=[adjustment.pk]),
        )


def _staff(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def _ask(data: dict[str, Any], *, person: User) -> tuple[Adjustment, str]:
    now = timezone.now()
    adjustment = adjustments.request(
        key=str(data["key"]),
        member_id=data["member"].pk,
        points=data["points"],
        reason=data["reason"],
        note=data["note"],
        requested_by=person,
        at=now,
    )
    if adjustment.requested_at != now:
        # The row's history must not read as if it had been booked a second time.
        facts = {"points": signed(adjustment.points), "state": adjustment.get_state_display()}
        return adjustment, _("Already there: %(points)s points, %(state)s.") % facts
    if adjustment.state == Adjustment.State.WAITING:
        return adjustment, _("Above the threshold: it waits for another person's approval.")
    return adjustment, _("Booked: %(points)s points.") % {"points": signed(adjustment.points)}
