"""Points as money in the back office: the settings, and the checkouts to look at."""

from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from members import selectors as people
from members.admin.base import MEMBERS_FOUND_MAX, ReadOnlyAdmin, register_link
from points.admin.actors import ShowsActor
from points.selectors import labels, ledger_settings
from sales.forms import CheckoutSettingsForm
from sales.models import Checkout, CheckoutSettings
from sales.policies import refunds
from sales.selectors import checkouts as selectors
from sales.selectors.checkout_words import money
from sales.services import checkout_settings
from stores.admin.base import OneRowAdmin
from stores.models import Store

_LINES_SHOWN = 50
_CELL = '<td class="pr-4 text-right">{}</td>'


@admin.register(CheckoutSettings)
class CheckoutSettingsAdmin(OneRowAdmin):
    """Whether and how far points are money; the rules page says it at once."""

    form = CheckoutSettingsForm
    readonly_fields = ("worth",)
    fieldsets = (
        (None, {"fields": ("is_on", "worth")}),
        (
            gettext_lazy("How much at once"),
            {
                "fields": (
                    ("points_min", "points_step"),
                    ("order_min", "order_cap"),
                    ("order_share", "balance_share"),
                )
            },
        ),
        (
            gettext_lazy("For what"),
            {"fields": ("pays_freight", "excluded_category", "excluded_label", "excluded_sku")},
        ),
    )

    @display(description=gettext_lazy("worth and time"))
    def worth(self, row: CheckoutSettings) -> str:
        """What is set elsewhere and belongs to it."""
        ledger = ledger_settings()
        told = _("%(points)s points pay ¥1; an order keeps them for %(minutes)s minutes.") % {
            "points": f"{ledger.points_per_yuan:,}",
            "minutes": ledger.hold_minutes,
        }
        url = reverse("admin:points_ledgersettings_changelist")
        link = '<a class="text-primary-600 underline" href="{}">{}</a>'
        return format_html("{} " + link, told, url, _("Change in the ledger's settings"))

    def save_model(
        self, request: HttpRequest, obj: CheckoutSettings, form: Any, change: bool
    ) -> None:
        checkout_settings.save(obj, at=timezone.now())


@admin.register(Checkout)
class CheckoutAdmin(ShowsActor, ReadOnlyAdmin):
    list_display = (
        "created_at",
        "number",
        "store",
        "member",
        "state_label",
        "points",
        "by_points",
        "by_coupon",
        "total_yuan",
        "expires_at",
    )
    list_select_related = ("store", "member")
    list_filter = ("state", "store")
    search_fields = ("number",)
    search_help_text = gettext_lazy("Exact order number, or a member's number, phone or name")
    ordering = ("-pk",)
    fields = (
        ("number", "store"),
        ("state_label", "member"),
        ("points", "points_per_yuan"),
        ("by_points", "by_coupon", "total_yuan"),
        "payment",
        "coupon_codes",
        ("created_at", "expires_at"),
        ("closed_at", "closer"),
        ("receipt", "actor_name"),
    )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Checkout], search_term: str
    ) -> tuple[QuerySet[Checkout], bool]:
        text = search_term.strip()
        if not text:
            return queryset, False
        members = list(people.found_by(text).values_list("pk", flat=True)[:MEMBERS_FOUND_MAX])
        stores = list(Store.objects.values_list("pk", flat=True))
        return queryset.filter(
            Q(store_id__in=stores, number=text) | Q(member_id__in=members)
        ), False

    @display(
        description=gettext_lazy("state"),
        label={
            Checkout.State.HELD.label: "info",
            Checkout.State.CAPTURED.label: "success",
            Checkout.State.RELEASED.label: "default",
            Checkout.State.TIMED_OUT.label: "warning",
        },
    )
    def state_label(self, row: Checkout) -> str:
        return str(selectors.state_at(row, timezone.now()).label)

    @display(description=gettext_lazy("closed by whom"))
    def closer(self, row: Checkout) -> str:
        return labels.actor(row.closed_by) if row.closed_by else "–"

    @display(description=gettext_lazy("paid by points"), ordering="paid_by_points")
    def by_points(self, row: Checkout) -> str:
        return f"¥{money(row.paid_by_points)}"

    @display(description=gettext_lazy("paid by coupon"), ordering="paid_by_coupon")
    def by_coupon(self, row: Checkout) -> str:
        return f"¥{money(row.paid_by_coupon)}"

    @display(description=gettext_lazy("total"), ordering="total")
    def total_yuan(self, row: Checkout) -> str:
        return f"¥{money(row.total)}"

    @display(description=gettext_lazy("coupons"))
    def coupon_codes(self, row: Checkout) -> str:
        return ", ".join(f"{one['code']} (¥{one['yuan']})" for one in row.coupons) or "–"

    @display(description=gettext_lazy("payment by line"))
    def payment(self, row: Checkout) -> str:
        """Which line was paid how; what is left of it is money."""
        paid = {one.line_no: one for one in refunds.paid_lines(row.plan)}
        none = refunds.PaidLine(0, Decimal(0), Decimal(0), 0)
        cells = []
        for no, (sku, name, quantity, amount, *_rest) in enumerate(row.lines[:_LINES_SHOWN], 1):
            own = paid.get(no, none)
            figures = (amount, own.by_coupon, own.by_points)
            told = [money(Decimal(one)) for one in figures]
            cells.append((name or sku, quantity, *told, f"{own.points:,}"))
        rows = format_html_join(
            "", '<tr><th class="pr-4 text-left" scope="row">{}</th>' + _CELL * 5 + "</tr>", cells
        )
        words = (_("article"), _("quantity"), "¥", _("by coupon"), _("by points"), _("points"))
        head = format_html_join("", '<th class="pr-4 text-left">{}</th>', ((w,) for w in words))
        table = '<table class="w-full"><thead><tr>{}</tr></thead><tbody>{}</tbody></table>'
        return format_html(table, head, rows)


register_link(gettext_lazy("Checkouts"), "admin:sales_checkout_changelist")
