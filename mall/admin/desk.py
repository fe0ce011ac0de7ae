"""The fulfilment desk: orders of the mall by what is to be done with them."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.decorators import action, display

from mall.admin import counter
from mall.admin.desk_acts import OrderActs, actor_of
from mall.admin.scanning import scan_page
from mall.forms.desk import ShippingFileForm
from mall.models import Redemption, RedemptionReturn, RedemptionStep, Refund
from mall.policies import numbers
from mall.selectors import redemptions as selectors
from mall.services import progress, shipping, slips
from members import policies
from members.admin.base import ByMember, ReadOnlyAdmin, note, posted, register_link
from members.services import access
from points.selectors import labels
from stores.exceptions import FileRefused, Refusal
from stores.policies import spreadsheets

register_link(gettext_lazy("Redemptions"), "admin:mall_redemption_changelist")

EXPORT_MAX = 5_000
_STATE = Redemption.State
_TONES = {
    _STATE.UNPAID: "warning",
    _STATE.PLACED: "warning",
    _STATE.CONFIRMED: "info",
    _STATE.SHIPPED: "info",
    _STATE.COMPLETED: "success",
    _STATE.CANCELLED: "",
    _STATE.RETURNED: "",
}


class QueueFilter(admin.SimpleListFilter):
    """What is to be done."""

    title = gettext_lazy("queue")
    parameter_name = "queue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("stuck", _("stuck")),
            ("to_confirm", _("to be confirmed")),
            ("to_ship", _("to be shipped")),
            ("to_collect", _("to be collected or used")),
            ("partner", _("to be credited by a partner")),
            ("to_receive", _("on their way")),
        ]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Redemption]
    ) -> QuerySet[Redemption]:
        if self.value() == "stuck":
            late = selectors.stuck(at=timezone.now()).values("pk")
            return queryset.filter(pk__in=late.order_by())
        condition = selectors.QUEUES.get(self.value() or "")
        return queryset if condition is None else queryset.filter(condition)


@admin.register(Redemption)
class RedemptionAdmin(OrderActs, ByMember, ReadOnlyAdmin):
    """What has waited longest in its state comes first in each queue; the newest in all."""

    search_help_text = gettext_lazy(
        "Order number, or a member's number, phone, external number or whole name"
    )
    list_display = (
        "grouped",
        "what",
        "member",
        "price",
        "state_label",
        "since",
        "delivery",
        "where",
    )
    list_filter = (QueueFilter, "state", "delivery", "pick_up_store", "reward__kind")
    list_select_related = ("member", "reward", "variant", "pick_up_store")
    list_before_template = "admin/mall/desk_head.html"
    change_form_after_template = "admin/mall/redemption_after.html"
    ordering = ("-pk",)
    fields = (
        ("grouped", "state_label"),
        ("what", "sku"),
        ("member", "price"),
        ("delivery", "where"),
        ("recipient", "phone"),
        "address",
        "partner_account",
        ("carrier", "tracking_number"),
        ("placed_at", "expected_on"),
        ("pay_by", "use_by"),
        ("points_back", "money_back"),
        ("store", "handed_over_in"),
    )
    readonly_fields = ("masked_phone", "sku")
    actions = ("confirm_selected", "export_selected", "print_selected")
    actions_list = ("redeem_for", "ship_file")

    def get_ordering(self, request: HttpRequest) -> Sequence[str]:
        return ("state_at", "pk") if request.GET.get("queue") else self.ordering

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Redemption], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        number = policies.fold_digits("".join(search_term.split()))
        if numbers.is_number(number):
            return queryset.filter(number=number), False
        return super().get_search_results(request, queryset, search_term)

    def get_urls(self) -> list[URLPattern]:
        page = path(
            "ship-file/",
            self.admin_site.admin_view(self.ship_file_view),
            name="mall_redemption_ship_file",
        )
        scan = path(
            "scan/",
            self.admin_site.admin_view(lambda request: scan_page(self, request)),
            name="mall_redemption_scan",
        )
        return [page, scan, *super().get_urls()]

    # -- what is shown

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        now = timezone.now()
        shown = {
            "stuck": selectors.stuck(at=now).count(),
            "returns": RedemptionReturn.objects.filter(state=RedemptionReturn.State.ASKED).count(),
            "refunds": Refund.objects.filter(state=Refund.State.FAILED).count(),
        }
        page: HttpResponse = super().changelist_view(request, {**(extra_context or {}), **shown})
        return page

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        order = self.get_object(request, object_id)
        shown: dict[str, Any] = {"steps": [], "returns": []}
        if isinstance(order, Redemption):
            shown = {"steps": _steps(order), "returns": order.returns.order_by("pk")}
            if order.phone and _sees_phones(request):
                access.note(
                    member_id=order.member_id,
                    actor=actor_of(request),
                    what="page",
                    at=timezone.now(),
                )
        context = {**(extra_context or {}), **shown}
        page: HttpResponse = super().change_view(request, object_id, form_url, context)
        return page

    @display(description=gettext_lazy("order number"), ordering="number")
    def grouped(self, order: Redemption) -> str:
        parts = [order.number[start : start + 4] for start in range(0, len(order.number), 4)]
        return chr(0xA0).join(parts)

    @display(description=gettext_lazy("reward"))
    def what(self, order: Redemption) -> str:
        name = " ".join(filter(None, [order.reward.label, order.variant.label]))
        return f"{name} × {order.quantity}"

    @display(description=gettext_lazy("article number"))
    def sku(self, order: Redemption) -> str:
        return order.variant.sku

    @display(description=gettext_lazy("price"), ordering="points")
    def price(self, order: Redemption) -> str:
        points = _("%(points)s points") % {"points": number_format(order.points)}
        return f"{points} + ¥{order.money}" if order.money else points

    @display(description=gettext_lazy("state"), label=_TONES)
    def state_label(self, order: Redemption) -> tuple[str, str]:
        return order.state, order.get_state_display()

    @display(description=gettext_lazy("in this state since"), ordering="state_at")
    def since(self, order: Redemption) -> str:
        return f"{localtime(order.state_at):%m-%d %H:%M}"

    @display(description=gettext_lazy("where to"))
    def where(self, order: Redemption) -> str:
        if order.pick_up_store is not None:
            return order.pick_up_store.name
        return order.address[:20]

    @display(description=gettext_lazy("phone"))
    def masked_phone(self, order: Redemption) -> str:
        return policies.mask_phone(order.phone) if order.phone else "–"

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Sequence[Any]:
        """The whole phone for who ships parcels; the page notes that they saw it."""
        if _sees_phones(request):
            return self.fields
        hidden = ("recipient", "masked_phone")
        return [hidden if "phone" in row else row for row in self.fields]

    # -- what is done with many

    def has_fulfil_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("mall.fulfil_redemption")

    @admin.action(description=gettext_lazy("Confirm"), permissions=["fulfil"])
    def confirm_selected(self, request: HttpRequest, queryset: QuerySet[Redemption]) -> None:
        done, left = 0, []
        for order in queryset.order_by("pk")[:EXPORT_MAX]:
            try:
                progress.confirm(redemption_id=order.pk, actor=actor_of(request), at=timezone.now())
            except Refusal as refusal:
                left.append(f"{order.number}: {refusal}")
                continue
            note(request, order, _("Confirmed"))
            done += 1
        text = ngettext("%(count)s order is confirmed.", "%(count)s orders are confirmed.", done)
        messages.success(request, text % {"count": number_format(done)})
        for sentence in left[:20]:
            messages.warning(request, sentence)

    @admin.action(description=gettext_lazy("Export for the warehouse"), permissions=["fulfil"])
    def export_selected(
        self, request: HttpRequest, queryset: QuerySet[Redemption]
    ) -> StreamingHttpResponse:
        """Whole phones and addresses: every member in it is noted in the log of access."""
        orders = list(
            queryset.select_related("reward", "variant", "pick_up_store").order_by("pk")[
                :EXPORT_MAX
            ]
        )
        self._note_taken(request, orders)
        rows = spreadsheets.lines(_warehouse_rows(orders))
        answer = StreamingHttpResponse(rows, content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = 'attachment; filename="orders.csv"'
        return answer

    @admin.action(description=gettext_lazy("Packing slips (PDF)"), permissions=["fulfil"])
    def print_selected(
        self, request: HttpRequest, queryset: QuerySet[Redemption]
    ) -> HttpResponse | None:
        found = queryset.select_related("reward", "variant", "pick_up_store").order_by("pk")
        orders = list(found[: slips.SLIPS_MAX + 1])
        if len(orders) > slips.SLIPS_MAX:
            text = _("At most %(limit)s packing slips at once.")
            messages.error(request, text % {"limit": slips.SLIPS_MAX})
            return None
        self._note_taken(request, orders)
        answer = HttpResponse(slips.slips(orders), content_type="application/pdf")
        answer["Content-Disposition"] = 'inline; filename="packing-slips.pdf"'
        return answer

    def _note_taken(self, request: HttpRequest, orders: Sequence[Redemption]) -> None:
        members = sorted({order.member_id for order in orders if order.phone})
        access.note_many(
            member_ids=members, actor=actor_of(request), what="export", at=timezone.now()
        )

    @action(
        description=gettext_lazy("Ship by a file"),
        url_path="ship-by-file",
        permissions=["fulfil"],
        icon="upload_file",
    )
    def ship_file(self, request: HttpRequest) -> HttpResponse:
        return self.ship_file_view(request)

    def has_redeem_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm(counter.RIGHT)

    @action(
        description=gettext_lazy("Redeem for a member"),
        url_path="redeem-for",
        permissions=["redeem"],
        icon="add_shopping_cart",
    )
    def redeem_for(self, request: HttpRequest) -> HttpResponse:
        return counter.redeem_page(self, request)

    def ship_file_view(self, request: HttpRequest) -> HttpResponse:
        """The file of the carrier, and what became of each row of it."""
        if not self.has_fulfil_permission(request):
            raise PermissionDenied
        form = ShippingFileForm(posted(request), request.FILES or None)
        results: list[shipping.Shipped] | None = None
        if form.is_valid():
            try:
                results = _shipped(form.cleaned_data["file"], actor_of(request))
            except Refusal as refusal:
                form.add_error("file", str(refusal))
        done = [row for row in results or () if row.refusal is None]
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "title": _("Ship by a file"),
            "form": form,
            "button": _("Ship"),
            "back": reverse("admin:mall_redemption_changelist"),
            "media": self.media,
            "results": results,
            "done": len(done),
            "refused": len(results or ()) - len(done),
        }
        return TemplateResponse(request, "admin/mall/ship_file.html", context)


def _sees_phones(request: HttpRequest) -> bool:
    user = request.user
    return user.has_perm("members.view_phone") or user.has_perm("mall.fulfil_redemption")


def _steps(order: Redemption) -> list[tuple[RedemptionStep, str]]:
    """The steps with who took them. Two queries, and those of the names."""
    steps = list(order.steps.order_by("pk"))
    names = labels.actors(step.actor for step in steps)
    return [(step, names[step.actor]) for step in steps]


def _shipped(upload: Any, actor: str) -> list[shipping.Shipped]:
    if upload.size > shipping.BYTES_MAX:
        raise FileRefused("upload_too_large", limit=f"{shipping.BYTES_MAX // 2**20} MB")
    with NamedTemporaryFile() as copy:
        for chunk in upload.chunks():
            copy.write(chunk)
        copy.flush()
        return shipping.ship_file(
            path=Path(copy.name), name=upload.name, actor=actor, at=timezone.now()
        )


def _warehouse_rows(orders: Sequence[Redemption]) -> Any:
    yield [
        *(_("Order number"), _("Ordered at"), _("State"), _("Reward"), _("Variant")),
        *(_("Article number"), _("Quantity"), _("Delivery"), _("Recipient"), _("Phone")),
        *(_("Address"), _("Pick-up store"), _("Account with the partner")),
    ]
    for order in orders:
        yield [
            *(order.number, f"{localtime(order.placed_at):%Y-%m-%d %H:%M}"),
            *(order.get_state_display(), order.reward.label, order.variant.label),
            *(order.variant.sku, order.quantity, order.get_delivery_display()),
            *(order.recipient, order.phone, order.address),
            *(order.pick_up_store.name if order.pick_up_store else "", order.partner_account),
        ]
