"""Acts of members, told by a store's systems or by hand, and what limits have counted."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action, display

from campaigns.forms.acts import ActForm, ReverseForm, event_of
from campaigns.models import EarningRule, Event, LimitCounter
from campaigns.selectors import explanations
from campaigns.services import events
from members.admin.base import ByMember, ReadOnlyAdmin, posted, service_page

_BY_HAND = "back office"


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin, ByMember):
    list_display = (
        "occurred_at",
        "trigger",
        "code",
        "member",
        "store",
        "state_label",
        "points",
        "told_by",
    )
    list_select_related = ("member", "store")
    list_filter = ("trigger", "state")
    search_help_text = gettext_lazy("A member's number, phone or whole name")
    ordering = ("-occurred_at", "-pk")
    fields = (
        ("trigger", "code"),
        ("member", "store"),
        ("occurred_at", "received_at"),
        ("quantity", "amount"),
        "attributes",
        ("state", "points"),
        "why",
        "rule_version",
        ("told_by", "external_id", "actor"),
        ("reversed_at", "reversed_reason"),
    )
    actions_detail = ("reverse",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("campaigns.add_event")

    def has_reverse_event_permission(
        self, request: HttpRequest, object_id: str | int | None = None
    ) -> bool:
        # By method, not by the permission's name: the theme checks names in the database, which
        # is still empty when the very first `migrate` runs.
        if not request.user.has_perm("campaigns.change_event"):
            return False
        posted_ones = Event.objects.filter(state=Event.State.POSTED)
        return object_id is None or posted_ones.filter(pk=object_id).exists()

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied

        def call(data: dict[str, Any]) -> tuple[Event, str]:
            told = events.record(
                source=_BY_HAND,
                event=event_of(data),
                actor=request.user.get_username()[:64],
                now=timezone.now(),
                store=data["store"],
            )
            return told.event, _("Recorded: %(why)s") % {"why": self.why(told.event)}

        return service_page(
            self,
            request,
            form=ActForm(posted(request), initial={"member": request.GET.get("member", "")}),
            title=_("Record what a member did"),
            submit=_("Record"),
            call=call,
            back=reverse("admin:campaigns_event_changelist"),
        )

    @action(
        description=gettext_lazy("Reverse"),
        url_path="reverse",
        permissions=["reverse_event"],
        icon="undo",
    )
    def reverse(self, request: HttpRequest, object_id: int) -> HttpResponse:
        event = get_object_or_404(Event, pk=object_id)

        def call(data: dict[str, Any]) -> tuple[Event, str]:
            gone = events.reverse(
                source=event.source,
                external_id=event.external_id,
                reason=data["reason"],
                actor=request.user.get_username()[:64],
                now=timezone.now(),
            )
            return gone, _("Reversed; %(points)s points were taken back.") % {"points": gone.points}

        return service_page(
            self,
            request,
            form=ReverseForm(posted(request)),
            title=_("Take back what “%(event)s” has earned") % {"event": event},
            submit=_("Reverse"),
            call=call,
            back=reverse("admin:campaigns_event_change", args=[object_id]),
        )

    @display(
        description=gettext_lazy("state"),
        label={Event.State.POSTED: "success", Event.State.REVERSED: "warning"},
    )
    def state_label(self, event: Event) -> tuple[str, str]:
        return event.state, event.get_state_display()

    @display(description=gettext_lazy("told by"))
    def told_by(self, event: Event) -> str:
        if event.source == _BY_HAND:
            return _("staff")
        return _("the store's system") if event.source.startswith("store:") else _("the system")

    @display(description=gettext_lazy("why so many points"))
    def why(self, event: Event) -> str:
        return explanations.sentence(event.explanation) if event.explanation else "–"


@admin.register(LimitCounter)
class LimitCounterAdmin(ReadOnlyAdmin, ByMember):
    list_display = ("rule_name", "of_whom", "period_name", "starts_on", "times", "points")
    list_select_related = ("member",)
    list_filter = ("period",)
    search_help_text = gettext_lazy("A member's number, phone or whole name")
    ordering = ("-starts_on", "-pk")
    fields = ("rule_name", "of_whom", "period_name", "starts_on", "times", "points")

    def get_queryset(self, request: HttpRequest) -> QuerySet[LimitCounter]:
        """With the name that the rule has in its latest version."""
        names = EarningRule.objects.filter(key=OuterRef("rule_key")).order_by("-pk")
        queryset: QuerySet[LimitCounter] = super().get_queryset(request)
        return queryset.annotate(name_of_rule=Subquery(names.values("name")[:1]))

    @display(description=gettext_lazy("rule"))
    def rule_name(self, counter: LimitCounter) -> str:
        if not counter.rule_key:
            return _("the program's caps")
        name: str | None = counter.name_of_rule  # type: ignore[attr-defined]  # told by the query
        return name or counter.rule_key

    @display(description=gettext_lazy("of whom"))
    def of_whom(self, counter: LimitCounter) -> str:
        return str(counter.member) if counter.member is not None else _("all together")

    @display(description=gettext_lazy("period"))
    def period_name(self, counter: LimitCounter) -> str:
        words = {
            "day": _("day"),
            "week": _("week"),
            "month": _("month"),
            "quarter": _("quarter"),
            "year": _("year"),
            "ever": _("ever"),
        }
        return words.get(counter.period, counter.period)
