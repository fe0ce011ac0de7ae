"""Templates of coupons: a form that says what it means, figures, and ways to give some away."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override, pgettext_lazy
from django.views.decorators.http import require_POST
from unfold.decorators import action, display

from mall.forms.coupon_admin import BatchForm, CouponTemplateForm, GiveForm, GrantForm
from mall.models import Coupon, CouponGrant, CouponTemplate
from mall.policies import coupon_codes
from mall.selectors import coupon_words
from mall.selectors import coupons as selectors
from mall.services import coupon_claims, coupon_grants, coupon_templates
from members.admin.base import note, posted, service_page
from points.selectors import labels
from stores.admin.base import BoundedAdmin, BoundedChangeList
from stores.exceptions import Refusal


class FiguresList(BoundedChangeList):
    """The page's rows with their figures and names: for all of them at once."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows: list[CouponTemplate] = list(self.result_list)  # type: ignore[has-type]  # of Django's
        found = selectors.figures([row.pk for row in rows], timezone.now())
        known = coupon_words.names(rows)
        for row in rows:
            row.told = (found[row.pk], known)  # type: ignore[attr-defined]  # for this page only
        self.result_list = rows


@admin.register(CouponTemplate)
class CouponTemplateAdmin(BoundedAdmin):
    form = CouponTemplateForm
    change_form_template = "admin/mall/coupon_template_form.html"
    list_display = ("name", "kind", "what", "on", "issued", "used", "expired", "saved", "code")
    list_filter = ("is_on", "kind")
    search_fields = ("code", "name", "name_en")
    ordering = ("-pk",)
    readonly_fields = ("sentences", "figures", "history")
    actions_detail = ("give", "give_segment", "make_codes")
    conditional_fields = {
        "amount": "kind == 'threshold' || kind == 'cash'",
        "percent": "kind == 'percent'",
        "cap": "kind == 'percent' || kind == 'free_delivery'",
        "exchange_sku": "kind == 'exchange'",
        "exchange_quantity": "kind == 'exchange'",
        "categories": "kind != 'exchange'",
        "skus": "kind != 'exchange'",
        "excluded_labels": "kind != 'exchange'",
        "group": "stacking == 'groups'",
    }
    fieldsets = (
        (None, {"fields": ("sentences", "is_on", ("name", "name_en"), ("code", "kind"))}),
        (
            pgettext_lazy("coupon", "What it gives"),
            {
                "fields": (
                    ("amount", "percent", "cap"),
                    ("exchange_sku", "exchange_quantity"),
                    "threshold",
                )
            },
        ),
        (
            gettext_lazy("For what, and where"),
            {"fields": ("categories", "skus", "excluded_labels", "store_ids")},
        ),
        (
            gettext_lazy("For whom, and how many"),
            {
                "fields": (
                    "public_code",
                    ("levels", "segments"),
                    ("quantity", "per_member"),
                    ("per_member_month", "per_member_day"),
                )
            },
        ),
        (
            gettext_lazy("When it counts"),
            {"fields": ("days", "starts_at", "ends_at")},
        ),
        (
            gettext_lazy("With what, and when it is returned"),
            {"fields": (("stacking", "group"), "with_points", "on_return")},
        ),
        (gettext_lazy("Figures and history"), {"fields": ("figures", "history")}),
    )

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = path("sentences/", wrap(self.sentences_view), name="mall_coupontemplate_sentences")
        return [own, *super().get_urls()]

    def get_readonly_fields(
        self, request: HttpRequest, obj: CouponTemplate | None = None
    ) -> tuple[str, ...]:
        return (*self.readonly_fields, "code") if obj else self.readonly_fields

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # it is switched off: coupons and receipts name it

    def has_give_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("mall.add_coupon")

    def has_codes_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("mall.export_couponbatch")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[FiguresList]:
        return FiguresList

    def save_model(
        self, request: HttpRequest, obj: CouponTemplate, form: Any, change: bool
    ) -> None:
        values = {
            name: getattr(obj, name)
            for name in coupon_templates.FIELDS
            if not change or name in form.cleaned_data
        }
        saved = coupon_templates.save(
            template_id=obj.pk if change else None,
            values=values,
            actor=f"staff:{request.user.pk}",
            at=timezone.now(),
        )
        obj.pk, obj.created_at = saved.pk, saved.created_at
        obj._state.adding = False

    @admin.display(description=gettext_lazy("what it gives"))
    def what(self, row: CouponTemplate) -> str:
        return coupon_words.what(row, row.told[1])  # type: ignore[attr-defined]  # of FiguresList

    @display(description=gettext_lazy("on"), boolean=True)
    def on(self, row: CouponTemplate) -> bool:
        return row.is_on

    @admin.display(description=pgettext_lazy("coupon", "used"))
    def used(self, row: CouponTemplate) -> str:
        told = _figures(row)
        percent = f" · {told.used_percent} %" if told.used_percent is not None else ""
        return f"{told.used:,}{percent}"

    @admin.display(description=pgettext_lazy("coupon", "lapsed"))
    def expired(self, row: CouponTemplate) -> str:
        return f"{_figures(row).expired:,}"

    @admin.display(description=gettext_lazy("yuan saved"))
    def saved(self, row: CouponTemplate) -> str:
        return f"¥{_figures(row).yuan:,.2f}"

    @admin.display(description=gettext_lazy("in plain words"))
    def sentences(self, row: CouponTemplate) -> SafeString:
        return _told(row)

    @admin.display(description=gettext_lazy("figures"))
    def figures(self, row: CouponTemplate) -> str:
        if row._state.adding:
            return "–"
        told = selectors.figures([row.pk], timezone.now())[row.pk]
        left = _("any number") if row.left is None else f"{row.left:,}"
        return _(
            "issued %(issued)s · used %(used)s · lapsed %(expired)s · open %(open)s · "
            "left to issue %(left)s · saved ¥%(yuan)s"
        ) % {
            "issued": f"{told.issued:,}",
            "used": f"{told.used:,}",
            "expired": f"{told.expired:,}",
            "open": f"{told.open:,}",
            "left": left,
            "yuan": f"{told.yuan:,.2f}",
        }

    @admin.display(description=gettext_lazy("who changed it"))
    def history(self, row: CouponTemplate) -> SafeString | str:
        if row._state.adding:
            return "–"
        rows = list(row.changes.order_by("-pk")[:20])
        who = labels.actors(one.actor for one in rows)
        return format_html(
            "<ul>{}</ul>",
            format_html_join(
                "",
                "<li>{} · {} · {}</li>",
                (
                    (
                        timezone.localtime(one.changed_at).strftime("%Y-%m-%d %H:%M"),
                        who[one.actor],
                        ", ".join(_field_name(name) for name in one.values) or "–",
                    )
                    for one in rows
                ),
            ),
        )

    def sentences_view(self, request: HttpRequest) -> HttpResponse:
        """What the form means as it stands, saved or not."""
        if not (self.has_add_permission(request) or self.has_change_permission(request)):
            raise PermissionDenied
        view: HttpResponse = require_POST(self._sentences_answer)(request)
        return view

    def _sentences_answer(self, request: HttpRequest) -> HttpResponse:
        form = CouponTemplateForm(request.POST, instance=CouponTemplate(created_at=timezone.now()))
        form.fields["code"].required = False
        form.is_valid()
        return HttpResponse(_told(coupon_templates.tidied(form.instance)))

    @action(
        description=gettext_lazy("Give to a member"),
        url_path="give",
        permissions=["give"],
        icon="person_add",
    )
    def give(self, request: HttpRequest, object_id: int) -> HttpResponse:
        template = get_object_or_404(CouponTemplate, pk=object_id)

        def call(data: dict[str, Any]) -> tuple[Coupon, str]:
            made = coupon_grants.give_one(
                template_id=template.pk,
                member_id=data["member"],
                quantity=data["quantity"],
                key=data["key"],
                actor=f"staff:{request.user.pk}",
                at=timezone.now(),
            )
            told = _("%(count)s × %(name)s given.") % {
                "count": len(made),
                "name": template.label,
            }
            return made[0], told

        return self._page(request, template, GiveForm(posted(request)), _("Give to a member"), call)

    @action(
        description=gettext_lazy("Give to a segment"),
        url_path="give-segment",
        permissions=["give"],
        icon="group_add",
    )
    def give_segment(self, request: HttpRequest, object_id: int) -> HttpResponse:
        template = get_object_or_404(CouponTemplate, pk=object_id)

        def call(data: dict[str, Any]) -> tuple[CouponGrant, str]:
            grant = coupon_grants.ask(
                template_id=template.pk,
                segment=data["segment"],
                reason=data["reason"],
                actor=f"staff:{request.user.pk}",
                at=timezone.now(),
            )
            return grant, _("It is worked off in the background: one for each member.")

        return self._page(
            request, template, GrantForm(posted(request)), _("Give to a segment"), call
        )

    @action(
        description=gettext_lazy("Make single-use codes"),
        url_path="codes",
        permissions=["codes"],
        icon="password",
    )
    def make_codes(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """The codes are in the answer, and nowhere else: only their digests are kept."""
        template = get_object_or_404(CouponTemplate, pk=object_id)
        form = BatchForm(posted(request))
        if form.is_valid():
            try:
                return self._codes(request, template, form.cleaned_data)
            except Refusal as refusal:
                form.add_error(
                    refusal.field if refusal.field in form.fields else None, str(refusal)
                )
        back = reverse("admin:mall_coupontemplate_change", args=[template.pk])
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "title": _("Single-use codes of %(name)s") % {"name": template.label},
            "form": form,
            "button": _("Make and download once"),
            "back": back,
            "media": self.media,
        }
        return TemplateResponse(request, "admin/mall/coupon_codes.html", context)

    def _codes(
        self, request: HttpRequest, template: CouponTemplate, data: dict[str, Any]
    ) -> HttpResponse:
        with transaction.atomic():
            batch, codes = coupon_claims.make_batch(
                template_id=template.pk,
                size=data["size"],
                note=data["note"],
                actor=f"staff:{request.user.pk}",
                at=timezone.now(),
            )
            note(
                request,
                batch,
                _("%(count)s codes were made and downloaded.") % {"count": len(codes)},
            )
        lines = ["code", *(coupon_codes.grouped(code) for code in codes)]
        answer = HttpResponse("\r\n".join(lines) + "\r\n", content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="coupon-codes-{batch.pk}.csv"'
        return answer

    def _page(
        self,
        request: HttpRequest,
        template: CouponTemplate,
        form: forms.Form,
        title: str,
        call: Any,
    ) -> HttpResponse:
        return service_page(
            self,
            request,
            form=form,
            title=f"{title}: {template.label}",
            submit=title,
            call=call,
            back=reverse("admin:mall_coupontemplate_change", args=[template.pk]),
        )

    def response_add(
        self, request: HttpRequest, obj: CouponTemplate, post_url_continue: str | None = None
    ) -> HttpResponse:
        if not obj.is_on:
            messages.info(request, _("It is off: switch it on to issue coupons of it."))
        answer: HttpResponse = super().response_add(request, obj, post_url_continue)
        return answer


def _figures(row: CouponTemplate) -> selectors.Figures:
    found: selectors.Figures = row.told[0]  # type: ignore[attr-defined]  # of FiguresList
    return found


def _field_name(name: str) -> str:
    return str(CouponTemplate._meta.get_field(name).verbose_name)  # type: ignore[union-attr]  # no relation back is kept in a change


def _told(template: CouponTemplate) -> SafeString:
    """What a template means, in each language of the product."""
    known = coupon_words.names([template])
    told = []
    for language, _name in settings.LANGUAGES:
        with override(language):
            told.append((language, " ".join(_sentences(template, known))))
    paragraphs = format_html_join("", '<p lang="{}">{}</p>', told)
    return format_html('<div data-coupon-sentences aria-live="polite">{}</div>', paragraphs)


def _sentences(template: CouponTemplate, known: coupon_words.Names) -> list[str]:
    if not template.kind or (template.days is None and template.ends_at is None):
        return [_("Here you will read what the coupon means, in each language.")]
    return coupon_words.sentences(template, known)
