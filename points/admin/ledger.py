"""The ledger's rows in the back office: to be read, explained and followed, never changed."""

import json

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.decorators import display

from members import selectors as people
from members.admin.base import MEMBERS_FOUND_MAX, ReadOnlyAdmin
from points.admin.actors import ListsActors
from points.models import Account, ClearingRun, Entry, Hold, Lot, LotUse
from points.selectors import explanations, labels
from points.selectors.entries import SHOWN_MAX
from points.selectors.statements import signed

_SEARCH_HELP = _("Exact member number, mobile number, external number or whole name")


def _accounts_of(text: str) -> list[int]:
    members = list(people.found_by(text).values_list("pk", flat=True)[:MEMBERS_FOUND_MAX])
    return list(Account.objects.filter(member_id__in=members).values_list("pk", flat=True))


class OfAccount(ReadOnlyAdmin):
    """Rows of accounts, found by the member. Accounts are looked up first: few, by index."""

    search_fields = ("pk",)
    search_help_text = _SEARCH_HELP
    ordering = ("-pk",)
    list_select_related: tuple[str, ...] = ("account__member",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Entry], search_term: str
    ) -> tuple[QuerySet[Entry], bool]:
        if not search_term:
            return queryset, False
        return queryset.filter(account_id__in=_accounts_of(search_term)), False

    @display(description=_("member"))
    def member(self, row: Entry | Lot | Hold) -> str:
        member = row.account.member
        # The number stays in one piece; the line may only break between it and the name.
        return f"{member.name} {member.grouped_number.replace(' ', chr(0xA0))}".strip()


class ReadOnlyInline(TabularInline):
    extra = 0
    can_delete = False
    show_change_link = False
    # A spend may have used thousands of lots; the page leafs through them.
    per_page = SHOWN_MAX

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


class LotInline(ReadOnlyInline):
    model = Lot
    fk_name = "entry"
    verbose_name_plural = _("lots granted by this entry")
    ordering = ("expires_at", "pk")
    fields = (
        "granted",
        "remaining",
        "held",
        "spent",
        "expired",
        "clawed",
        "state",
        "usable_at",
        "expires_at",
    )


class LotUseInline(ReadOnlyInline):
    model = LotUse
    fk_name = "entry"
    verbose_name_plural = _("lots used by this entry")
    ordering = ("pk",)
    fields = ("lot", "bucket", "amount", "restored", "forfeited")

    def get_queryset(self, request: HttpRequest) -> QuerySet[LotUse]:
        uses: QuerySet[LotUse] = super().get_queryset(request)
        return uses.select_related("lot")


@admin.register(Entry)
class EntryAdmin(ListsActors, OfAccount):
    search_help_text = _("Member (exact number, phone, name) or the whole reference")
    list_display = (
        "created_at",
        "member",
        "kind",
        "points",
        "available_after",
        "store",
        "reference",
        "actor_name",
    )
    list_select_related = ("account__member", "store")
    list_filter = ("kind",)
    inlines = (LotInline, LotUseInline)
    fields = (
        "member",
        "kind",
        "points",
        "why",
        ("d_available", "d_held", "d_pending", "d_debt"),
        ("available_after", "held_after", "pending_after", "debt_after"),
        "reference",
        "relates_to",
        "source_label",
        "store",
        ("actor_name", "actor"),
        "rule_version",
        "inputs",
        "occurred_at",
        "created_at",
        "seq",
        "chain",
    )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Entry], search_term: str
    ) -> tuple[QuerySet[Entry], bool]:
        if not search_term:
            return queryset, False
        found = Q(account_id__in=_accounts_of(search_term)) | Q(reference=search_term.strip())
        return queryset.filter(found), False

    @display(description=_("points"))
    def points(self, entry: Entry) -> str:
        return signed(entry.amount)

    @display(description=_("source"))
    def source_label(self, entry: Entry) -> str:
        return labels.source(entry.source)

    @display(description=_("how it came about"))
    def why(self, entry: Entry) -> str:
        return explanations.render(entry)

    @display(description=_("inputs and arithmetic"))
    def inputs(self, entry: Entry) -> str:
        text = json.dumps(entry.explanation, ensure_ascii=False, indent=2, sort_keys=True)
        return format_html('<pre class="whitespace-pre-wrap text-xs">{}</pre>', text)

    @display(description=_("hash"))
    def chain(self, entry: Entry) -> str:
        return bytes(entry.hash).hex()


@admin.register(Lot)
class LotAdmin(OfAccount):
    list_display = (
        "earned_at",
        "member",
        "granted",
        "remaining",
        "held",
        "spent",
        "expired",
        "clawed",
        "state",
        "expires_at",
    )
    list_filter = ("state",)
    fields = (
        "member",
        "entry",
        ("granted", "remaining", "held"),
        ("spent", "expired", "settled", "clawed"),
        "state",
        "earned_at",
        "usable_at",
        "expires_at",
        "expired_by",
        "store",
    )


@admin.register(Hold)
class HoldAdmin(OfAccount):
    list_display = ("member", "points", "state", "expires_at", "reference")
    list_select_related = ("account__member", "entry")
    list_filter = ("state",)
    fields = ("member", "entry", "points", "state", "expires_at", "closed_by")

    @display(description=_("reference"))
    def reference(self, hold: Hold) -> str:
        return hold.entry.reference


@admin.register(ClearingRun)
class ClearingRunAdmin(ReadOnlyAdmin):
    list_display = (
        "cutoff_at",
        "plan",
        "started_at",
        "finished_at",
        "accounts",
        "lots",
        "points",
        "is_told",
    )
    list_select_related = ("plan",)
    ordering = ("-pk",)
