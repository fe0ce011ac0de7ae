"""Acts of members and what limits have counted: to look at."""

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from campaigns.models import EarningRule, Event, LimitCounter
from campaigns.selectors import explanations
from members.admin.base import ByMember, ReadOnlyAdmin


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
        "source",
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
        ("source", "external_id", "actor"),
        ("reversed_at", "reversed_reason"),
    )

    @display(
        description=gettext_lazy("state"),
        label={Event.State.POSTED: "success", Event.State.REVERSED: "warning"},
    )
    def state_label(self, event: Event) -> tuple[str, str]:
        return event.state, event.get_state_display()

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
