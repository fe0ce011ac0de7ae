"""What members were told, and how they want it: looked at, never changed."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from members.admin.base import ByMember, ReadOnlyAdmin, register_link
from notifications.models import Notice, Preference, Recipient

register_link(_("Messages to the member"), "admin:notifications_notice_changelist")
register_link(_("How the member is told"), "admin:notifications_preference_changelist")

_MEMBER_HELP = _("Exact member number, mobile number, external number or whole name")


@admin.register(Notice)
class NoticeAdmin(ByMember, ReadOnlyAdmin):
    """The inbox of a member: the proof of what they were told and when."""

    list_display = ("created_at", "member", "kind", "title", "points", "read_at")
    list_filter = ("kind", "group")
    list_select_related = ("member",)
    search_help_text = _MEMBER_HELP
    ordering = ("-pk",)
    fields = (
        "member",
        ("kind", "event"),
        "title",
        "body",
        "points",
        "link",
        "language",
        "reference",
        ("created_at", "read_at"),
    )


@admin.register(Preference)
class PreferenceAdmin(ByMember, ReadOnlyAdmin):
    """Where members answered otherwise than the default."""

    list_display = ("member", "kind", "channel", "is_on")
    list_filter = ("kind", "channel", "is_on")
    list_select_related = ("member",)
    search_help_text = _MEMBER_HELP
    ordering = ("-pk",)
    fields = ("member", "kind", "channel", "is_on")


@admin.register(Recipient)
class RecipientAdmin(ByMember, ReadOnlyAdmin):
    """Language, quiet hours, and whether there is an address: the address itself is masked."""

    list_display = ("member", "language", "masked_email", "email_confirmed_at", "quiet_hours")
    list_select_related = ("member",)
    search_help_text = _MEMBER_HELP
    ordering = ("-pk",)
    fields = ("member", "language", "masked_email", "email_confirmed_at", "quiet_hours")

    @admin.display(description=_("e-mail address"))
    def masked_email(self, row: Recipient) -> str:
        name, _at, domain = row.email.partition("@")
        return f"{name[:1]}***@{domain}" if domain else ""

    @admin.display(description=_("quiet hours"))
    def quiet_hours(self, row: Recipient) -> str:
        if row.quiet_from is None or row.quiet_until is None:
            return ""
        return f"{row.quiet_from:%H:%M}–{row.quiet_until:%H:%M}"
