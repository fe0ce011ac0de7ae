"""Members' levels in the back office: looked at; growth is corrected and members are invited."""

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from unfold.decorators import action, display

from members.admin.base import ByMember, ReadOnlyAdmin, posted, service_page
from tiers.forms import CorrectionForm, InvitationForm
from tiers.models import Standing
from tiers.selectors import pages
from tiers.services import decisions
from tiers.services.climbing import day_of


@admin.register(Standing)
class StandingAdmin(ByMember, ReadOnlyAdmin):
    search_help_text = gettext_lazy(
        "Exact member number, mobile number, external number or whole name"
    )
    list_display = ("number", "name", "level", "since", "by", "valid_until", "grace_until")
    list_filter = ("level", "by", "is_warned")
    list_select_related = ("member", "level")
    ordering = ("-pk",)
    fields = (
        "member",
        "level",
        "by",
        "since",
        ("valid_until", "grace_until", "is_warned"),
        "growth",
        "rows",
    )
    actions_detail = ("correct", "invite")

    def has_correct_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("tiers.add_growthcorrection")

    def has_invite_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("tiers.change_standing")

    @display(description=gettext_lazy("member number"))
    def number(self, standing: Standing) -> str:
        return standing.member.grouped_number

    @display(description=pgettext_lazy("person", "name"))
    def name(self, standing: Standing) -> str:
        return standing.member.name

    @display(description=gettext_lazy("growth"))
    def growth(self, standing: Standing) -> str:
        found = pages.mine(standing.member_id, on=day_of(timezone.now()))
        if found is None:
            return ""
        if found.next is None:
            return f"{found.growth:,}"
        return _("%(growth)s; %(missing)s more to reach %(level)s") % {
            "growth": f"{found.growth:,}",
            "missing": f"{found.missing:,}",
            "level": found.next.label,
        }

    @display(description=gettext_lazy("rows"))
    def rows(self, standing: Standing) -> str:
        links = [
            (_("Changes of level"), "admin:tiers_standingchange_changelist"),
            (_("Growth by day"), "admin:tiers_growthday_changelist"),
            (_("Corrections"), "admin:tiers_growthcorrection_changelist"),
        ]
        parts = [
            format_html(
                '<a class="text-primary-600 underline mr-4" href="{}?member__id__exact={}">{}</a>',
                reverse(name),
                standing.pk,
                text,
            )
            for text, name in links
        ]
        return format_html("{}" * len(parts), *parts)

    @action(
        description=gettext_lazy("Correct growth"),
        url_path="correct",
        permissions=["correct"],
        icon="edit_note",
    )
    def correct(self, request: HttpRequest, object_id: int) -> HttpResponse:
        standing = get_object_or_404(Standing.objects.select_related("member"), pk=object_id)

        def call(data: dict[str, Any]) -> tuple[Model, str]:
            made = decisions.correct_growth(
                member=standing.member,
                amount=data["amount"],
                reason=data["reason"],
                note=data["note"],
                reference=f"staff:{data['key']}",
                actor=f"staff:{request.user.pk}",
                at=timezone.now(),
            )
            told = {"amount": f"{made.amount:+,}", "reason": made.reason}
            return standing, _("Growth %(amount)s: %(reason)s") % told

        return service_page(
            self,
            request,
            form=CorrectionForm(posted(request)),
            title=_("Correct the growth of %(member)s") % {"member": standing.member},
            submit=_("Correct"),
            call=call,
            back=reverse("admin:tiers_standing_change", args=[standing.pk]),
        )

    @action(
        description=gettext_lazy("Invite to a level"),
        url_path="invite",
        permissions=["invite"],
        icon="mail",
    )
    def invite(self, request: HttpRequest, object_id: int) -> HttpResponse:
        standing = get_object_or_404(Standing.objects.select_related("member"), pk=object_id)

        def call(data: dict[str, Any]) -> tuple[Model, str]:
            change = decisions.invite(
                member=standing.member,
                level=data["level"],
                until=data["until"],
                reason=data["reason"],
                actor=f"staff:{request.user.pk}",
                at=timezone.now(),
            )
            return standing, _("%(level)s: %(reason)s") % {
                "level": data["level"].label,
                "reason": change.reason,
            }

        return service_page(
            self,
            request,
            form=InvitationForm(posted(request)),
            title=_("Invite %(member)s to a level") % {"member": standing.member},
            submit=_("Invite"),
            call=call,
            back=reverse("admin:tiers_standing_change", args=[standing.pk]),
        )
