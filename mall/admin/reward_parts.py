"""What stands inline on a reward's page: variants, special prices, pictures."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import StackedInline, TabularInline

from mall.forms.reward import PictureForm, PriceForm, PriceFormSet
from mall.models import Reward, RewardPicture, RewardPrice, Variant
from mall.services import gallery


class OfReward:
    """Who may change the reward may change what belongs to it."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("mall.view_reward")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("mall.change_reward")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("mall.change_reward")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("mall.change_reward")


class VariantInline(OfReward, StackedInline):
    model = Variant
    extra = 0
    min_num = 1
    can_delete = False
    dates = ("starts_at", "ends_at", "place")
    readonly_fields = ("stock",)
    verbose_name_plural = gettext_lazy("Variants and stock")

    def get_fields(self, request: HttpRequest, obj: Reward | None = None) -> Any:
        """Dates and places are an experience's."""
        has_dates = obj is None or obj.kind == Reward.Kind.EXPERIENCE
        return (
            ("sku", "position"),
            ("name", "name_en"),
            ("extra_points", "extra_money"),
            *(self.dates if has_dates else ()),
            ("is_counted", "is_on"),
            "stock",
        )

    @admin.display(description=gettext_lazy("stock"))
    def stock(self, variant: Variant) -> SafeString | str:
        if variant._state.adding:
            return _("Save first; then pieces are brought in here.")
        if not variant.is_counted:
            return _("not counted")
        return format_html(
            '{} · <a class="text-primary-600 underline" href="{}">{}</a>',
            _("%(left)s left, %(reserved)s reserved, %(out)s handed out")
            % {
                "left": f"{variant.remaining:,}",
                "reserved": f"{variant.reserved:,}",
                "out": f"{variant.fulfilled:,}",
            },
            reverse("admin:mall_variant_change", args=[variant.pk]),
            _("Bring in, write off, history"),
        )


class PriceInline(OfReward, TabularInline):
    model = RewardPrice
    form = PriceForm
    formset = PriceFormSet
    extra = 0
    fields = ("level", "segment", "points", "money", "starts_at", "ends_at")


class PictureInline(OfReward, TabularInline):
    model = RewardPicture
    form = PictureForm
    extra = 0
    fields = ("preview", "file", "words", "words_en", "position")
    readonly_fields = ("preview",)

    @admin.display(description=gettext_lazy("picture"))
    def preview(self, picture: RewardPicture) -> SafeString | str:
        if not picture.path:
            return "–"
        return format_html(
            '<img class="rounded-default" src="{}" width="96" height="96" alt="{}">',
            picture_address(picture, RewardPicture.WIDTHS[0]),
            picture.words,
        )


def picture_address(picture: RewardPicture, width: int) -> str:
    name = picture.path.rpartition("/")[2]
    return reverse("mall:picture", args=[name, width])


def write_pictures(formset: Any) -> None:
    """Write the files of a checked formset of pictures to where its rows will say."""
    for form in formset.forms:
        if form.rendered is not None and form not in formset.deleted_forms:
            gallery.set_file(picture=form.instance, rendered=form.rendered)
