"""The outbox in the back office: what was sent, what waits, what failed and why."""

from django.contrib import admin
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from members.admin.base import ReadOnlyAdmin
from notifications.models import Message


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    """Text and recipient of secret messages are wiped when they have left; until then, hidden."""

    list_display = (
        "template",
        "channel",
        "recipient",
        "state",
        "attempts",
        "result",
        "due_at",
        "finished_at",
    )
    list_filter = ("state", "channel")
    fields = (
        "channel",
        "recipient",
        "template",
        "language",
        "text",
        "state",
        "due_at",
        "lapses_at",
        "attempts",
        "result",
        "created_at",
        "finished_at",
    )
    ordering = ("-pk",)

    @admin.display(description=gettext_lazy("recipient"))
    def recipient(self, message: Message) -> str:
        return message.masked_to

    @admin.display(description=gettext_lazy("text"))
    def text(self, message: Message) -> str:
        return _("(secret)") if message.is_secret else message.body
