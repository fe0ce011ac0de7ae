"""Rewards in the back office: one page with everything, and the shelf beside it."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import DecimalField, ExpressionWrapper, F, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action, display

from mall.admin.reward_parts import PictureInline, PriceInline, VariantInline, write_pictures
from mall.exceptions.catalogue import FAULTS
from mall.forms.reward import RewardForm
from mall.models import Reward, RewardPicture
from mall.policies.pricing import Judgement
from mall.selectors import search as searching
from mall.selectors import shelving
from mall.services import catalogue
from members.admin.base import posted, service_page
from stores.admin.base import BoundedAdmin

_STATES = {Reward.State.DRAFT: "info", Reward.State.ON: "success", Reward.State.OFF: "warning"}
_KIND = Reward.Kind
_GOODS, _AT_A_COUNTER = (_KIND.PHYSICAL,), (_KIND.PHYSICAL, _KIND.SERVICE, _KIND.EXPERIENCE)
# What only some kinds have.
_OF_KINDS: dict[str, tuple[str, ...]] = {
    "can_ship": _GOODS,
    "can_pick_up": _GOODS,
    "freight": _GOODS,
    "return_days": _GOODS,
    "voucher_days": _AT_A_COUNTER,
    "stores": _AT_A_COUNTER,
    "cancel_hours": (_KIND.EXPERIENCE,),
    "partner": (_KIND.PARTNER,),
    "partner_unit": (_KIND.PARTNER,),
    "partner_amount": (_KIND.PARTNER,),
    "coupon_template": (_KIND.COUPON,),
}


def _without(fields: Sequence[str | tuple[str, ...]], foreign: set[str]) -> list[Any]:
    kept: list[Any] = []
    for row in fields:
        names = (row,) if isinstance(row, str) else row
        left = tuple(name for name in names if name not in foreign)
        if left:
            kept.append(left)
    return kept


class StockFilter(admin.SimpleListFilter):
    """Counted rewards of which little or nothing is left."""

    title = gettext_lazy("stock")
    parameter_name = "stock"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("low", _("running low")), ("none", _("nothing left"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Reward]) -> QuerySet[Reward]:
        if self.value() not in ("low", "none"):
            return queryset
        uncounted = Reward.objects.filter(variants__is_on=True, variants__is_counted=False)
        left = queryset.filter(variants__is_on=True).exclude(pk__in=uncounted.values("pk"))
        summed = left.annotate(pieces=Sum("variants__remaining"))
        if self.value() == "none":
            return summed.filter(pieces=0)
        return summed.filter(pieces__lte=F("low_stock"))


class MarginFilter(admin.SimpleListFilter):
    """Rewards that cost more than the share of their worth that the merchant has set."""

    title = gettext_lazy("gives away too much")
    parameter_name = "margin"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("over", _("yes"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Reward]) -> QuerySet[Reward]:
        if self.value() != "over":
            return queryset
        terms = shelving.money().terms
        rate = terms.points_per_yuan
        # Multiplied out: SQLite divides whole numbers to whole numbers.
        allowed = (F("points") + F("money") * rate) * terms.target_margin
        asked = ExpressionWrapper(F("cost") * 100 * rate, output_field=DecimalField())
        return queryset.annotate(asked=asked).filter(asked__gt=allowed)


@admin.register(Reward)
class RewardAdmin(BoundedAdmin):
    form = RewardForm
    inlines = (VariantInline, PriceInline, PictureInline)
    list_display = (
        "name",
        "kind",
        "state_label",
        "price",
        "left",
        "margin",
        "popularity",
        "category",
        "shelf",
    )
    list_filter = ("state", "kind", StockFilter, MarginFilter, "category", "shelf")
    list_select_related = ("category", "shelf")
    search_fields = ("code",)
    search_help_text = gettext_lazy("Words of the name, the description, an article number, a code")
    ordering = ("-pk",)
    autocomplete_fields = ("stores",)
    actions_detail = ("put_on", "take_down")
    readonly_fields = ("state_told", "proposal", "break_even", "popularity", "listed_at")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("kind", "code"),
                    ("name", "name_en"),
                    ("summary", "summary_en"),
                    ("category", "shelf"),
                    ("position", "state_told"),
                )
            },
        ),
        (
            gettext_lazy("Price"),
            {
                "fields": (
                    ("points", "money"),
                    ("cost", "market_value"),
                    "proposal",
                    "break_even",
                )
            },
        ),
        (
            gettext_lazy("Who may have it, when and how many"),
            {
                "fields": (
                    "starts_at",
                    "ends_at",
                    ("level", "segment"),
                    "is_by_invitation",
                    ("spend_min", "spend_days"),
                    ("order_max", "day_max"),
                    ("month_max", "ever_max"),
                )
            },
        ),
        (
            gettext_lazy("How it is delivered"),
            {
                "fields": (
                    ("can_ship", "can_pick_up"),
                    ("freight", "return_days"),
                    ("voucher_days", "cancel_hours"),
                    "partner",
                    ("partner_unit", "partner_amount"),
                    "coupon_template",
                    "stores",
                )
            },
        ),
        (
            gettext_lazy("Stock"),
            {"fields": (("low_stock", "leaves_when_empty"), ("popularity", "listed_at"))},
        ),
        (gettext_lazy("Description"), {"fields": ("description", "description_en")}),
    )

    def get_fieldsets(self, request: HttpRequest, obj: Reward | None = None) -> Any:
        """All of it for a new reward; later only what its kind has."""
        if obj is None:
            return self.fieldsets
        foreign = {name for name, kinds in _OF_KINDS.items() if obj.kind not in kinds}
        return [
            (title, {**options, "fields": _without(options["fields"], foreign)})
            for title, options in self.fieldsets
        ]

    def get_readonly_fields(
        self, request: HttpRequest, obj: Reward | None = None
    ) -> tuple[str, ...]:
        # Its kind decides what its orders are; its code is its address.
        return (*self.readonly_fields, "code", "kind") if obj else self.readonly_fields

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # it is taken down: orders and the ledger name it

    def has_shelve_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("mall.change_reward")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Reward]:
        rows: QuerySet[Reward] = super().get_queryset(request)
        self._money = shelving.money()
        return rows.prefetch_related("variants")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Reward], search_term: str
    ) -> tuple[QuerySet[Reward], bool]:
        if not search_term:
            return queryset, False
        return searching.matching(queryset, searching.question(search_term)), False

    def save_model(self, request: HttpRequest, obj: Reward, form: Any, change: bool) -> None:
        if not change:
            obj.created_at = timezone.now()
        catalogue.clean(obj)
        super().save_model(request, obj, form, change)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        if formset.model is RewardPicture:
            write_pictures(formset)
        super().save_formset(request, form, formset, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        catalogue.saved(reward_id=form.instance.pk)
        for sentence in warnings_of(form.instance):
            messages.warning(request, sentence)

    @display(description=gettext_lazy("state"), label=_STATES)
    def state_label(self, reward: Reward) -> tuple[str, str]:
        return reward.state, reward.get_state_display()

    @admin.display(description=gettext_lazy("state"))
    def state_told(self, reward: Reward) -> str:
        return str(reward.get_state_display())

    @admin.display(description=gettext_lazy("price"), ordering="points")
    def price(self, reward: Reward) -> str:
        money = f" + ¥{reward.money:.2f}" if reward.money else ""
        return f"{reward.points:,}{money}"

    @display(
        description=gettext_lazy("stock"), label={"fine": None, "low": "warning", "none": "danger"}
    )
    def left(self, reward: Reward) -> tuple[str, str]:
        stock = shelving.counted_stock(reward.variants.all())
        if stock is None:
            return "fine", _("not counted")
        tone = "none" if not stock else "low" if stock <= reward.low_stock else "fine"
        return tone, f"{stock:,}"

    @display(description=gettext_lazy("cost of its worth"), label={"fine": None, "over": "danger"})
    def margin(self, reward: Reward) -> tuple[str, str]:
        told = self._money.judged(reward)
        if told is None:
            return "fine", "–"
        return ("over" if told.is_over else "fine"), f"{told.share} %"

    @admin.display(description=gettext_lazy("proposed points"))
    def proposal(self, reward: Reward) -> SafeString | str:
        if reward._state.adding:
            return _("Worked out from cost, market value and stock when it is saved.")
        stock = shelving.counted_stock(reward.variants.all())
        found = shelving.money().proposal(reward, stock=stock, at=timezone.now())
        if found is None:
            return _("Give the cost or the market value, and a price is proposed.")
        steps = format_html_join("", "<li>{}</li>", ((shelving.in_words(s),) for s in found.steps))
        head = _("%(points)s points") % {"points": f"{found.points:,}"}
        return format_html("<strong>{}</strong><ol>{}</ol>", head, steps)

    @admin.display(description=gettext_lazy("break-even"))
    def break_even(self, reward: Reward) -> str:
        if reward._state.adding:
            return "–"
        told = shelving.money().judged(reward)
        if told is None:
            return _("Give the cost, and it is watched.")
        return " ".join([worth_sentence(told), *warnings_of(reward)])

    @action(
        description=gettext_lazy("Put on the shelf"),
        url_path="put-on",
        permissions=["shelve"],
        icon="storefront",
    )
    def put_on(self, request: HttpRequest, object_id: int) -> HttpResponse:
        reward = get_object_or_404(Reward, pk=object_id)
        now = timezone.now()
        missing = shelving.faults(reward, reward.variants.all(), at=now)

        def call(_data: dict[str, Any]) -> tuple[Reward, str]:
            done = catalogue.put_on(reward_id=reward.pk, at=timezone.now())
            return done, _("On the shelf: %(name)s.") % {"name": done.label}

        return service_page(
            self,
            request,
            form=forms.Form(posted(request)),
            title=_("Put %(name)s on the shelf") % {"name": reward.label},
            submit=_("Put on the shelf"),
            call=call,
            back=reverse("admin:mall_reward_change", args=[reward.pk]),
            template="admin/mall/shelve.html",
            shown={"missing": [FAULTS[one] for one in missing], "warned": warnings_of(reward)},
        )

    @action(
        description=gettext_lazy("Take down"),
        url_path="take-down",
        permissions=["shelve"],
        icon="remove_shopping_cart",
    )
    def take_down(self, request: HttpRequest, object_id: int) -> HttpResponse:
        reward = get_object_or_404(Reward, pk=object_id)

        def call(_data: dict[str, Any]) -> tuple[Reward, str]:
            done = catalogue.take_down(reward_id=reward.pk)
            return done, _("Taken down: %(name)s.") % {"name": done.label}

        return service_page(
            self,
            request,
            form=forms.Form(posted(request)),
            title=_("Take %(name)s down") % {"name": reward.label},
            submit=_("Take down"),
            call=call,
            back=reverse("admin:mall_reward_change", args=[reward.pk]),
            template="admin/mall/shelve.html",
        )


def worth_sentence(told: Judgement) -> str:
    return _("The price is worth ¥%(worth)s; the cost is %(share)s %% of it.") % {
        "worth": f"{told.worth:,.2f}",
        "share": told.share,
    }


def warnings_of(reward: Reward) -> list[str]:
    """What the usual price and the special ones give away beyond what the merchant means to."""
    money = shelving.money()
    prices = [(reward.points, reward.money)]
    prices += [(price.points, price.money) for price in reward.prices.all()]
    found = []
    for points, yuan in prices:
        told = money.judged_at(reward.cost, points, yuan)
        if told is not None and told.is_over:
            found.append(
                _(
                    "At %(points)s points and ¥%(money)s it gives away too much: the cost of "
                    "¥%(cost)s is %(share)s %% of the worth, and %(limit)s %% is the bound."
                )
                % {
                    "points": f"{points:,}",
                    "money": f"{yuan:.2f}",
                    "cost": f"{reward.cost:.2f}",
                    "share": told.share,
                    "limit": money.terms.target_margin,
                }
            )
    return found
