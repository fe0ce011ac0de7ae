"""Coupons that members have, rounds of them, and batches of codes."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from unfold.decorators import action, display

from mall.forms.coupon_admin import ReasonForm
from mall.models import Coupon, CouponBatch, CouponGrant, CouponStep
from mall.policies import coupon_codes
from mall.policies.coupon_codes import Status
from mall.services import coupon_claims, coupon_grants, coupons
from members import selectors
from members.admin.base import MEMBERS_FOUND_MAX, ReadOnlyAdmin, posted, service_page
from points.admin.actors import ListsActors
from points.selectors import labels

_TONES = {
    Status.OPEN: "success",
    Status.WAITING: "info",
    Status.LOCKED: "warning",
    Status.USED: "info",
    Status.EXPIRED: "",
    Status.VOID: "danger",
}


@admin.register(Coupon)
class CouponAdmin(ReadOnlyAdmin):
    """Codes are shown by their ends: staff look a coupon up, they do not use it."""

    list_display = ("masked", "template", "member", "status", "source", "issued_at", "expires_at")
    list_filter = ("state", "source", "template")
    list_select_related = ("template", "member")
    search_fields = ("pk",)
    search_help_text = gettext_lazy("A coupon's whole code, its number (#12), or a member")
    ordering = ("-pk",)
    fields = (
        ("masked", "status_words"),
        ("template", "member"),
        ("source", "reference"),
        ("issued_at", "issued_store"),
        ("starts_at", "expires_at"),
        "steps",
    )
    readonly_fields = ("masked", "status_words", "steps")
    actions_detail = ("void",)

    def has_void_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("mall.change_coupon")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Coupon], search_term: str
    ) -> tuple[QuerySet[Coupon], bool]:
        text = search_term.strip()
        if not text:
            return queryset, False
        code = coupon_codes.folded(text)
        if code and queryset.filter(code=code).exists():
            return queryset.filter(code=code), False
        number = text.removeprefix("#")
        if text.startswith("#") and number.isdecimal() and len(number) < 19:
            return queryset.filter(pk=int(number)), False
        found = selectors.found_by(text).values_list("pk", flat=True)
        return queryset.filter(member_id__in=list(found[:MEMBERS_FOUND_MAX])), False

    @admin.display(description=gettext_lazy("coupon"))
    def masked(self, row: Coupon) -> str:
        return f"#{row.pk} {coupon_codes.masked(row.code)}"

    @display(description=gettext_lazy("state"), label=_TONES)
    def status(self, row: Coupon) -> tuple[str, str]:
        return row.status(timezone.now()), self.status_words(row)

    @admin.display(description=gettext_lazy("state"))
    def status_words(self, row: Coupon) -> str:
        words = {
            Status.OPEN: pgettext("coupon", "open"),
            Status.WAITING: pgettext("coupon", "not yet"),
            Status.LOCKED: pgettext("coupon", "locked"),
            Status.USED: pgettext("coupon", "used"),
            Status.EXPIRED: pgettext("coupon", "lapsed"),
            Status.VOID: pgettext("coupon", "void"),
        }
        return words[row.status(timezone.now())]

    @admin.display(description=gettext_lazy("history"))
    def steps(self, row: Coupon) -> SafeString:
        rows = list(row.steps.select_related("store").order_by("pk")[:100])
        who = labels.actors(one.actor for one in rows)
        told = ((_step(one, who[one.actor]),) for one in rows)
        return format_html("<ol>{}</ol>", format_html_join("", "<li>{}</li>", told))

    @action(
        description=gettext_lazy("Make void"), url_path="void", permissions=["void"], icon="block"
    )
    def void(self, request: HttpRequest, object_id: int) -> HttpResponse:
        coupon = get_object_or_404(Coupon.objects.select_related("template"), pk=object_id)

        def call(data: dict[str, Any]) -> tuple[Coupon, str]:
            done = coupons.void(
                coupon_id=coupon.pk,
                reason=data["reason"],
                actor=f"staff:{request.user.pk}",
                at=timezone.now(),
            )
            told = _("Coupon #%(number)s was made void: %(reason)s")
            return done, told % {"number": coupon.pk, "reason": data["reason"]}

        return service_page(
            self,
            request,
            form=ReasonForm(posted(request)),
            title=_("Make void: %(name)s") % {"name": f"{coupon.template} {coupon}"},
            submit=_("Make void"),
            call=call,
            back=reverse("admin:mall_coupon_change", args=[coupon.pk]),
        )


@admin.register(CouponGrant)
class CouponGrantAdmin(ListsActors):
    """Coupons for segments, and how far they are."""

    list_display = ("template", "segment", "state", "given", "left_out", "created_at", "reason")
    list_filter = ("state",)
    list_select_related = ("template",)
    ordering = ("-pk",)
    fields = (
        ("template", "segment"),
        ("state", "ended_by"),
        ("given", "left_out"),
        "reason",
        ("actor_name", "created_at", "finished_at"),
    )
    readonly_fields = ("actor_name",)
    actions_detail = ("stop",)

    def has_stop_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("mall.add_coupon")

    @action(
        description=gettext_lazy("Stop"), url_path="stop", permissions=["stop"], icon="stop_circle"
    )
    def stop(self, request: HttpRequest, object_id: int) -> HttpResponse:
        grant = get_object_or_404(CouponGrant, pk=object_id)

        def call(_data: dict[str, Any]) -> tuple[CouponGrant, str]:
            done = coupon_grants.stop(grant_id=grant.pk, at=timezone.now())
            return done, _("Stopped. What was given stays.")

        return _confirmed(self, request, grant, _("Stop giving"), call)


@admin.register(CouponBatch)
class CouponBatchAdmin(ListsActors):
    """Single-use codes. The codes themselves were told once, and are not here."""

    list_display = ("template", "size", "claimed", "is_stopped", "note", "created_at")
    list_filter = ("is_stopped",)
    list_select_related = ("template",)
    ordering = ("-pk",)
    fields = (("template", "size"), ("claimed", "is_stopped"), "note", ("actor_name", "created_at"))
    readonly_fields = ("claimed", "actor_name")
    actions_detail = ("stop",)

    def has_stop_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("mall.export_couponbatch")

    def get_queryset(self, request: HttpRequest) -> QuerySet[CouponBatch]:
        rows: QuerySet[CouponBatch] = super().get_queryset(request)
        claimed = Count("codes", filter=Q(codes__claimed_at__isnull=False))
        return rows.annotate(claimed_count=claimed)

    @admin.display(description=gettext_lazy("claimed"))
    def claimed(self, row: CouponBatch) -> int:
        found: int = row.claimed_count  # type: ignore[attr-defined]  # of `get_queryset`
        return found

    @action(
        description=gettext_lazy("Stop"), url_path="stop", permissions=["stop"], icon="stop_circle"
    )
    def stop(self, request: HttpRequest, object_id: int) -> HttpResponse:
        batch = get_object_or_404(CouponBatch, pk=object_id)

        def call(_data: dict[str, Any]) -> tuple[CouponBatch, str]:
            done = coupon_claims.stop_batch(batch_id=batch.pk)
            return done, _("Stopped. What was claimed stays.")

        return _confirmed(self, request, batch, _("Stop this batch"), call)


def _confirmed(owner: Any, request: HttpRequest, row: Any, title: str, call: Any) -> HttpResponse:
    name = row._meta.model_name
    return service_page(
        owner,
        request,
        form=forms.Form(posted(request)),
        title=f"{title}: {row}",
        submit=title,
        call=call,
        back=reverse(f"admin:mall_{name}_change", args=[row.pk]),
    )


def _step(step: CouponStep, who: str) -> str:
    parts = [
        timezone.localtime(step.at).strftime("%Y-%m-%d %H:%M"),
        step.get_kind_display(),
        who,
        step.store.name if step.store else "",
        step.order,
        f"¥{step.yuan}" if step.yuan is not None else "",
        step.note,
    ]
    return " · ".join(part for part in parts if part)
