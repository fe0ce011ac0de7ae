"""Answering a dispute by a correction: the words and the points go out together."""

import uuid
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextareaWidget

from members.admin.base import ReadOnlyAdmin, posted, service_page
from members.admin.tickets import staff
from members.models import Ticket
from members.services.tickets import TEXT_LENGTH
from points.models import Adjustment, DisputeCorrection
from points.policies import LIMIT
from points.selectors.statements import signed
from points.services import disputes


class CorrectionForm(forms.Form):
    points = forms.IntegerField(
        label=gettext_lazy("Points"),
        min_value=-LIMIT,
        max_value=LIMIT,
        help_text=gettext_lazy("A positive number adds points, a negative number takes them."),
        widget=UnfoldAdminIntegerFieldWidget,
    )
    text = forms.CharField(
        label=gettext_lazy("Answer"),
        max_length=TEXT_LENGTH,
        strip=False,
        help_text=gettext_lazy("The member reads this together with the correction."),
        widget=UnfoldAdminTextareaWidget,
    )
    # Sent twice by a double click, it is the same correction and is booked once.
    key = forms.UUIDField(initial=uuid.uuid4, widget=forms.HiddenInput)


@admin.register(DisputeCorrection)
class DisputeCorrectionAdmin(ReadOnlyAdmin):
    """Only the form; what was corrected is seen on the ticket and among the adjustments."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.correct)
        name = "points_disputecorrection_correct"
        return [path("<int:ticket_id>/correct/", view, name=name), *super().get_urls()]

    def correct(self, request: HttpRequest, ticket_id: int) -> HttpResponse:
        """The form in front of `disputes.correct`."""
        if not request.user.has_perms(["points.add_adjustment", "members.answer_ticket"]):
            raise PermissionDenied
        ticket = get_object_or_404(
            Ticket.objects.select_related("member"), pk=min(ticket_id, 2**63 - 1)
        )

        def call(data: dict[str, Any]) -> tuple[Model, str]:
            made = disputes.correct(
                ticket_id=ticket.pk,
                points=data["points"],
                text=data["text"],
                key=str(data["key"]),
                staff=staff(request),
                at=timezone.now(),
            )
            if made.adjustment.state == Adjustment.State.WAITING:
                done = _("Above the threshold: the answer goes out when another person approves.")
            else:
                done = _("Booked and answered: %(points)s points.")
            return ticket, done % {"points": signed(made.adjustment.points)}

        return service_page(
            self,
            request,
            form=CorrectionForm(posted(request)),
            title=_("Correct and answer · %(number)s · %(member)s")
            % {"number": ticket.grouped_number, "member": ticket.member},
            submit=_("Correct and answer"),
            call=call,
            back=reverse("admin:members_ticket_change", args=[ticket.pk]),
        )
