"""Stores, and the keys of their machines."""

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminTextInputWidget

from stores.models import ApiKey, Store
from stores.selectors import goods
from stores.services import api_keys

# Lines of business that merchants have; any other text will do.
_USUAL_BUSINESSES = (_("retail"), _("dining"), _("rooms"), _("meetings"))


class BusinessWidget(UnfoldAdminTextInputWidget):
    """A text with suggestions: the usual lines of business, and those of the other stores."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        listed = f"{name}-suggestions"
        field = super().render(name, value, (attrs or {}) | {"list": listed}, renderer)
        texts = dict.fromkeys([*map(str, _USUAL_BUSINESSES), *goods.known_businesses()])
        options = format_html_join("", '<option value="{}"></option>', ((one,) for one in texts))
        return format_html('{}<datalist id="{}">{}</datalist>', field, listed, options)


class StoreForm(forms.ModelForm[Store]):
    class Meta:
        model = Store
        fields = ("code", "name", "ownership", "business", "time_zone", "is_active")
        widgets = {"business": BusinessWidget}

    def clean_time_zone(self) -> str:
        zone = str(self.cleaned_data["time_zone"])
        if zone not in available_timezones():
            raise forms.ValidationError(_("There is no such time zone."), code="unknown_zone")
        return zone


@admin.register(Store)
class StoreAdmin(ModelAdmin):
    form = StoreForm
    list_display = ("code", "name", "ownership", "business", "time_zone", "is_active")
    list_filter = ("ownership", "is_active")
    search_fields = ("code", "name")
    ordering = ("code",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Receipts and points name their store for ever; a closed one is made inactive.
        return False


@admin.register(ApiKey)
class ApiKeyAdmin(ModelAdmin):
    list_display = ("name", "store", "prefix", "is_active", "created_at", "last_used_at")
    list_filter = ("is_active", "store")
    list_select_related = ("store",)
    ordering = ("-pk",)
    fields = (
        "store",
        "name",
        "may_read_segments",
        "is_active",
        "prefix",
        "created_at",
        "last_used_at",
    )
    readonly_fields = ("prefix", "created_at", "last_used_at")

    def get_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> Any:
        return self.fields if obj else ("store", "name", "may_read_segments")

    def get_readonly_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> Any:
        return ("store", *self.readonly_fields) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # A withdrawn key stays, so that its receipts still say which machine sent them.
        return False

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        issued = api_keys.issue(
            store=obj.store,
            name=obj.name,
            may_read_segments=obj.may_read_segments,
            now=timezone.now(),
        )
        obj.pk, obj.prefix = issued.key.pk, issued.key.prefix
        request.issued_secret = issued.secret  # type: ignore[attr-defined]  # for response_add

    def response_add(
        self, request: HttpRequest, obj: ApiKey, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Show the secret in this one answer: it goes into no message, cookie or log."""
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("The key of %(name)s") % {"name": obj.name},
            "key": obj,
            "secret": request.issued_secret,  # type: ignore[attr-defined]  # set in save_model
        }
        response = TemplateResponse(request, "admin/api_key_issued.html", context)
        response["Cache-Control"] = "no-store"
        return response
