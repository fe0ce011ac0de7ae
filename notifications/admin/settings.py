"""What a merchant sets about messages."""

from typing import Any

from django.contrib import admin
from django.db.models import Field
from django.forms import Field as FormField
from django.http import HttpRequest

from notifications.models import MessageSettings
from stores.admin.base import OneRowAdmin


@admin.register(MessageSettings)
class MessageSettingsAdmin(OneRowAdmin):
    fields = (
        ("quiet_from", "quiet_until"),
        "digest_minutes",
        "sms_per_member_and_day",
        "site_address",
        "sender_name",
    )

    def formfield_for_dbfield(
        self, db_field: Field[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> FormField | None:
        if db_field.name == "site_address":
            kwargs["assume_scheme"] = "https"
        field: FormField | None = super().formfield_for_dbfield(db_field, request, **kwargs)
        return field
