"""Receipts: to be read, and entered by hand through the same door as a till's."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import TabularInline
from unfold.decorators import action, display

from campaigns.policies.numbers import plain
from campaigns.selectors import explanations as rule_texts
from campaigns.selectors import whys
from members import selectors as people
from members.admin.base import MEMBERS_FOUND_MAX, service_page
from points.admin.actors import ShowsActor
from sales.forms import LineFormSet, ReceiptForm, receipt_input
from sales.models import Receipt, ReceiptLine
from sales.selectors import explanations, slips
from sales.services import intake
from sales.services.drafts import Outcome
from stores.exceptions import Refusal
from stores.models import Store


class ReceiptLineInline(TabularInline):
    model = ReceiptLine
    fields = ("line_no", "sku", "name", "sort", "pieces", "price", "paid", "came_back")
    readonly_fields = ("sort", "pieces", "price", "paid", "came_back")
    hide_title = True
    ordering = ("line_no",)
    extra = 0
    can_delete = False
    per_page = 50

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @display(description=gettext_lazy("category code"))
    def sort(self, line: ReceiptLine) -> str:
        """The till's category; freight is said in its place."""
        is_goods = line.kind == ReceiptLine.Kind.GOODS
        return line.category or ("–" if is_goods else line.get_kind_display())

    @display(description=gettext_lazy("quantity"))
    def pieces(self, line: ReceiptLine) -> str:
        return plain(line.quantity)

    @display(description=gettext_lazy("unit price"))
    def price(self, line: ReceiptLine) -> str:
        return plain(line.unit_price)

    @display(description=gettext_lazy("amount"))
    def paid(self, line: ReceiptLine) -> str:
        return plain(line.amount)

    @display(description=gettext_lazy("returned"))
    def came_back(self, line: ReceiptLine) -> str:
        return plain(line.returned) if line.returned else "–"


@admin.register(Receipt)
class ReceiptAdmin(ShowsActor):
    list_display = (
        "occurred_at",
        "number",
        "store",
        "kind",
        "state_label",
        "member_name",
        "money",
        "signed_points",
        "source",
    )
    list_select_related = ("store", "member")
    list_filter = ("kind", "state", "store", "source")
    search_fields = ("number",)
    search_help_text = gettext_lazy("Exact receipt number, or a member's number, phone or name")
    ordering = ("-occurred_at", "-pk")
    inlines = (ReceiptLineInline,)
    actions_detail = ("settle", "slip")
    fields = (
        ("number", "store"),
        ("kind", "state"),
        ("occurred_at", "member_link"),
        ("money", "returned_money"),
        ("signed_points", "points_clawed"),
        "why",
        ("channel", "source"),
        ("received_at", "actor_name"),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("sales.add_receipt")

    def get_fields(self, request: HttpRequest, obj: Receipt | None = None) -> Any:
        """What a receipt does not have takes no place."""
        fields: list[Any] = list(self.fields)
        if obj is not None and obj.original_number:
            fields.insert(3, ("sale_link", "original_number"))
        if obj is not None and (obj.business or obj.completed_at):
            fields.insert(fields.index("why"), ("business", "completed_at"))
        if obj is not None and (obj.paid_by_coupon or obj.paid_by_points):
            fields.insert(fields.index("why"), ("coupon_money", "points_money"))
        if obj is not None and obj.refund is not None:
            fields.insert(fields.index("why"), ("refund_money", "points_back"))
            fields.insert(fields.index("why"), ("refund_by_points", "refund_by_coupon"))
        if obj is not None and obj.shortfall:
            fields.insert(fields.index("why"), ("shortfall", "deducted"))
        if obj is not None and obj.explanation.get("type") in whys.JUDGED:
            fields.insert(fields.index("why") + 1, "rule_by_rule")
        return fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Receipt]:
        queryset: QuerySet[Receipt] = super().get_queryset(request)
        return queryset.select_related("store", "member", "sale")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Receipt], search_term: str
    ) -> tuple[QuerySet[Receipt], bool]:
        text = search_term.strip()
        if not text:
            return queryset, False
        members = list(people.found_by(text).values_list("pk", flat=True)[:MEMBERS_FOUND_MAX])
        # With its store, a number is found by the unique index.
        stores = list(Store.objects.values_list("pk", flat=True))
        found = Q(store_id__in=stores, number=text) | Q(member_id__in=members)
        return queryset.filter(found), False

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        now = timezone.now()
        form = ReceiptForm(request.POST or None, now=timezone.localtime(now))
        lines = LineFormSet(request.POST or None, prefix="lines")
        if request.method == "POST" and form.is_valid() and lines.is_valid():
            outcome = self._record(request, form, lines, now)
            if outcome is not None:
                return redirect(reverse("admin:sales_receipt_change", args=[outcome.receipt_id]))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Enter a receipt"),
            "form": form,
            "lines": lines,
            "back": reverse("admin:sales_receipt_changelist"),
            "media": self.media,
        }
        return TemplateResponse(request, "admin/receipt_form.html", context)

    def _record(
        self, request: HttpRequest, form: ReceiptForm, lines: Any, now: datetime
    ) -> Outcome | None:
        head = form.cleaned_data
        # What is typed is the clock on the store's wall, not the server's.
        for name in ("occurred_at", "completed_at"):
            if head[name] is not None:
                local = timezone.make_naive(head[name])
                head[name] = local.replace(tzinfo=ZoneInfo(head["store"].time_zone))
        try:
            outcome = intake.record_one(
                store=head["store"],
                receipt=receipt_input(head, lines.cleaned_data),
                source=Receipt.Source.ADMIN,
                actor=request.user.get_username()[:64],
                now=now,
            )
        except Refusal as refusal:
            _show_refusal(form, refusal)
            return None
        if outcome.is_replay:
            messages.info(request, _("This receipt was there already; nothing has changed."))
            return outcome
        sentence = _("Taken in: %(points)s points.") % {"points": f"{outcome.points:+d}"}
        if outcome.deduct is not None:
            sentence += " " + _deduct(outcome.deduct)
        receipt = Receipt.objects.get(store=head["store"], number=outcome.number)
        self.log_addition(request, receipt, sentence)
        messages.success(request, sentence)
        return outcome

    def has_settle_return_permission(
        self, request: HttpRequest, object_id: str | int | None = None
    ) -> bool:
        if not request.user.has_perm("sales.change_receipt"):
            return False
        open_states = (Receipt.State.WAITING, Receipt.State.DISPUTED)
        rows = Receipt.objects.filter(state__in=open_states)
        return object_id is None or rows.filter(pk=object_id).exists()

    @action(
        description=gettext_lazy("Settle without its sale"),
        url_path="settle",
        permissions=["settle_return"],
        icon="task_alt",
    )
    def settle(self, request: HttpRequest, object_id: int) -> HttpResponse:
        receipt = get_object_or_404(Receipt.objects.select_related("store"), pk=object_id)

        def call(_data: dict[str, Any]) -> tuple[Receipt, str]:
            actor = request.user.get_username()[:64]
            done = intake.settle_alone(receipt=receipt, actor=actor, now=timezone.now())
            sentence = _("Settled: %(points)s points.") % {"points": f"{done.points:+d}"}
            if done.deduct is not None:
                sentence += " " + _deduct(done.deduct)
            return done, sentence

        return service_page(
            self,
            request,
            form=forms.Form(request.POST if request.method == "POST" else None),
            title=_("Settle return %(number)s without its sale %(sale)s, by the rule of its day")
            % {"number": receipt.number, "sale": receipt.original_number},
            submit=_("Settle"),
            call=call,
            back=reverse("admin:sales_receipt_change", args=[object_id]),
        )

    def has_return_slip_permission(
        self, request: HttpRequest, object_id: str | int | None = None
    ) -> bool:
        if not self.has_view_permission(request):
            return False
        rows = Receipt.objects.filter(kind=Receipt.Kind.RETURN, state=Receipt.State.POSTED)
        return object_id is None or rows.filter(pk=object_id).exists()

    @action(
        description=gettext_lazy("Return slip"),
        url_path="slip",
        permissions=["return_slip"],
        icon="print",
    )
    def slip(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """The slip as the member reads it, to be printed."""
        receipt = get_object_or_404(
            Receipt.objects.select_related("store", "sale", "member"), pk=object_id
        )
        context = {"receipt": receipt, "slip": slips.slip_of(receipt)}
        return TemplateResponse(request, "admin/sales/slip.html", context)

    @display(
        description=gettext_lazy("state"),
        label={
            Receipt.State.POSTED: "success",
            Receipt.State.WAITING: "warning",
            Receipt.State.DISPUTED: "danger",
        },
    )
    def state_label(self, receipt: Receipt) -> tuple[str, str]:
        return receipt.state, receipt.get_state_display()

    @display(description=gettext_lazy("member"))
    def member_name(self, receipt: Receipt) -> str:
        return str(receipt.member) if receipt.member is not None else _("guest")

    @display(description=gettext_lazy("member"))
    def member_link(self, receipt: Receipt) -> str:
        if receipt.member is None:
            return _("guest")
        url = reverse("admin:members_member_change", args=[receipt.member.pk])
        text = f"{receipt.member.grouped_number} {receipt.member.name}".strip()
        return format_html('<a class="text-primary-600 underline" href="{}">{}</a>', url, text)

    @display(description=gettext_lazy("original sale"))
    def sale_link(self, receipt: Receipt) -> str:
        if receipt.sale is None:
            return "–"
        url = reverse("admin:sales_receipt_change", args=[receipt.sale.pk])
        return format_html(
            '<a class="text-primary-600 underline" href="{}">{}</a>', url, receipt.sale.number
        )

    @display(description=gettext_lazy("total"), ordering="total")
    def money(self, receipt: Receipt) -> str:
        text = rule_texts.money(plain(receipt.total), receipt.currency)
        return f"−{text}" if receipt.kind == Receipt.Kind.RETURN else text

    @display(description=gettext_lazy("paid by coupon"))
    def coupon_money(self, receipt: Receipt) -> str:
        return rule_texts.money(plain(receipt.paid_by_coupon), receipt.currency)

    @display(description=gettext_lazy("paid by points"))
    def points_money(self, receipt: Receipt) -> str:
        return rule_texts.money(plain(receipt.paid_by_points), receipt.currency)

    @display(description=gettext_lazy("returned so far"))
    def returned_money(self, receipt: Receipt) -> str:
        if not receipt.returned_total:
            return "–"
        return rule_texts.money(plain(receipt.returned_total), receipt.currency)

    @display(description=gettext_lazy("to be refunded in money"))
    def refund_money(self, receipt: Receipt) -> str:
        return "–" if receipt.refund is None else f"¥{receipt.refund:,.2f}"

    @display(description=gettext_lazy("to be deducted from the refund"))
    def deducted(self, receipt: Receipt) -> str:
        return "–" if receipt.deduct is None else f"¥{receipt.deduct:,.2f}"

    @display(description=gettext_lazy("points"))
    def signed_points(self, receipt: Receipt) -> str:
        return f"{receipt.points:+,d}".replace("-", "−") if receipt.points else "0"

    @display(description=gettext_lazy("rule by rule"))
    def rule_by_rule(self, receipt: Receipt) -> str:
        """What became of each rule: its points, and why so many or none."""
        found = [why for why in whys.of_explanation(receipt.explanation) if why.rule]
        rows = format_html_join(
            "",
            '<tr><th class="pr-4 text-left align-top" scope="row">{}</th>'
            '<td class="pr-4 text-right align-top">{}</td><td>{}</td></tr>',
            ((why.name, f"{why.points:,}", why.sentence) for why in found),
        )
        return format_html('<table class="w-full">{}</table>', rows) if found else "–"

    @display(description=gettext_lazy("explanation"))
    def why(self, receipt: Receipt) -> str:
        return explanations.sentence(receipt.explanation)


def _deduct(yuan: Decimal) -> str:
    return _("Deduct ¥%(money)s from the refund.") % {"money": f"{yuan:,.2f}"}


def _show_refusal(form: forms.Form, refusal: Refusal) -> None:
    """The refusal at the field it names; one of a line says which line."""
    line_no = getattr(refusal, "line_no", None)
    if line_no is not None:
        facts = {"line": line_no, "reason": str(refusal)}
        form.add_error(None, _("Line %(line)s: %(reason)s") % facts)
        return
    form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
