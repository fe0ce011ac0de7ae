"""The proof that members were told, and whom runs passed over; to be read, never changed."""

from django.contrib import admin
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from notifications.models import Notice
from points.admin.ledger import OfAccount
from points.models import ClearingSkip, ExpiryNotice
from points.selectors.statements import last_day


@admin.register(ExpiryNotice)
class ExpiryNoticeAdmin(OfAccount):
    list_display = ("told_at", "member", "points", "ends", "stage", "days_left", "stays")
    list_filter = ("stage",)
    fields = (
        "member",
        "told_at",
        "points",
        "ends",
        ("stage", "days_left"),
        "stays",
        "reference",
        "delivery",
    )

    @display(description=gettext_lazy("valid until"), ordering="deadline")
    def ends(self, row: ExpiryNotice) -> str:
        return last_day(row.deadline).isoformat()

    @display(description=gettext_lazy("delivery"))
    def delivery(self, row: ExpiryNotice) -> str:
        """The inbox, and what each other channel says of its delivery."""
        notice = (
            Notice.objects.filter(member_id=row.account.member_id, reference=row.reference)
            .prefetch_related("messages")
            .first()
        )
        if notice is None:
            return _("The notice was forgotten by the rules of retention.")
        inbox = _("inbox: read %(at)s") if notice.read_at else _("inbox: not read yet")
        lines = [(inbox % {"at": f"{notice.read_at:%Y-%m-%d}" if notice.read_at else ""},)]
        lines += [
            (
                " · ".join(
                    str(part)
                    for part in (
                        message.get_channel_display(),
                        message.get_state_display(),
                        message.get_receipt_display() if message.receipt else "",
                        message.error_code,
                    )
                    if part
                ),
            )
            for message in notice.messages.all()
        ]
        return format_html("<ul>{}</ul>", format_html_join("", "<li>{}</li>", lines))


@admin.register(ClearingSkip)
class ClearingSkipAdmin(OfAccount):
    list_display = ("run", "member", "reason", "lots", "points")
    list_select_related = ("account__member", "run")
    list_filter = ("reason",)
    fields = ("run", "member", "reason", "lots", "points")
