"""The outbox in the back office: what was sent, what waits, what failed and why."""

from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.decorators import display

from members.admin.base import ByMember, ReadOnlyAdmin, note
from notifications.models import Message, Notice
from notifications.services import outbox

_STATE = Message.State
_WORRIES = Q(state__in=[_STATE.FAILED, _STATE.UNCERTAIN]) | Q(receipt=Message.Receipt.REFUSED)


class WorryFilter(admin.SimpleListFilter):
    """What somebody has to look at."""

    title = gettext_lazy("needs a look")
    parameter_name = "worry"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("1", _("failed, uncertain or not arrived"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Message]) -> QuerySet[Message]:
        return queryset.filter(_WORRIES) if self.value() == "1" else queryset


class KindFilter(admin.SimpleListFilter):
    """By the kind of the notice; codes are of none."""

    title = gettext_lazy("kind")
    parameter_name = "about"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(kind.value, str(kind.label)) for kind in Notice.Kind]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Message]) -> QuerySet[Message]:
        kind = self.value()
        if kind not in Notice.Kind.values:
            return queryset
        return queryset.filter(Q(template=kind) | Q(template__startswith=f"{kind}."))


@admin.register(Message)
class MessageAdmin(ByMember, ReadOnlyAdmin):
    """Text and recipient of secret messages are wiped when they have left; until then, hidden."""

    list_display = (
        "created_at",
        "template",
        "channel",
        "recipient",
        "shown_state",
        "attempts",
        "error_code",
        "result",
        "receipt",
        "due_at",
    )
    list_filter = (WorryFilter, "state", "channel", KindFilter, "receipt")
    search_help_text = gettext_lazy(
        "Exact member number, mobile number, external number or whole name"
    )
    actions = ("send_again",)
    fields = (
        ("template", "channel", "language"),
        "member",
        "recipient",
        "subject",
        "text",
        ("state", "attempts"),
        ("due_at", "lapses_at"),
        "handed_at",
        ("result", "error_code"),
        "provider_id",
        ("receipt", "receipt_code", "receipt_at"),
        ("created_at", "finished_at"),
    )
    ordering = ("-pk",)

    def has_resend_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("notifications.change_message")

    @admin.action(description=gettext_lazy("Send again"), permissions=["resend"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[Message]) -> None:
        """An uncertain one may come twice: the person who asks has weighed that."""
        now = timezone.now()
        chosen = list(queryset)
        with transaction.atomic():
            count = outbox.send_again(ids=[message.pk for message in chosen], at=now)
            for message in chosen:
                if message.state in (_STATE.FAILED, _STATE.UNCERTAIN, _STATE.LAPSED):
                    note(request, message, _("Sent again."))
        text = ngettext(
            "%(count)s message is sent again.", "%(count)s messages are sent again.", count
        )
        messages.success(request, text % {"count": count})

    @display(
        description=gettext_lazy("state"),
        ordering="state",
        label={
            _STATE.FAILED.value: "danger",
            _STATE.UNCERTAIN.value: "warning",
            _STATE.SENT.value: "success",
            _STATE.WAITING.value: "info",
            _STATE.SENDING.value: "info",
            _STATE.LAPSED.value: "default",
            _STATE.BUNDLED.value: "default",
        },
    )
    def shown_state(self, message: Message) -> tuple[str, str]:
        return message.state, message.get_state_display()

    @admin.display(description=gettext_lazy("recipient"))
    def recipient(self, message: Message) -> str:
        return message.masked_to

    @admin.display(description=gettext_lazy("text"))
    def text(self, message: Message) -> str:
        return _("(secret)") if message.is_secret else message.body
