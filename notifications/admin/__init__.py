"""Messages in the back office."""

from notifications.admin.announcements import AnnouncementAdmin
from notifications.admin.members import NoticeAdmin, PreferenceAdmin, RecipientAdmin
from notifications.admin.outbox import MessageAdmin
from notifications.admin.settings import MessageSettingsAdmin
from notifications.admin.templates import MessageTemplateAdmin

__all__ = [
    "AnnouncementAdmin",
    "MessageAdmin",
    "MessageSettingsAdmin",
    "MessageTemplateAdmin",
    "NoticeAdmin",
    "PreferenceAdmin",
    "RecipientAdmin",
]
