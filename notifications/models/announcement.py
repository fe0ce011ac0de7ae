"""What the merchant tells many members at once (F87)."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Announcement(models.Model):
    """A text in both languages for everybody or for a part of them.

    Publishing sends nothing by itself: a job walks the members and remembers how far it is.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        SENDING = "sending", _("being sent")
        SENT = "sent", _("sent")
        STOPPED = "stopped", _("stopped")

    class Kind(models.TextChoices):
        ANNOUNCEMENT = "announcement", _("announcement")
        RULE_CHANGE = "rule_change", _("change of the rules")

    kind = models.CharField(
        _("kind"), max_length=20, choices=Kind.choices, default=Kind.ANNOUNCEMENT, editable=False
    )
    # What another app announces, it announces once.
    reference = models.CharField(
        _("reference"), max_length=60, unique=True, null=True, blank=True, editable=False
    )
    effective_on = models.DateField(_("takes effect on"), null=True, blank=True, editable=False)
    title_zh = models.CharField(_("title (Chinese)"), max_length=120)
    body_zh = models.TextField(_("text (Chinese)"), max_length=2000)
    title_en = models.CharField(_("title (English)"), max_length=120, blank=True)
    body_en = models.TextField(_("text (English)"), max_length=2000, blank=True)
    link = models.CharField(_("link"), max_length=200, blank=True)
    is_marketing = models.BooleanField(
        _("marketing"),
        default=True,
        help_text=_("Leaves by SMS, e-mail or WeChat only to members who agreed to offers."),
    )
    tag = models.ForeignKey(
        "members.Tag",
        verbose_name=_("only members with the tag"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    segment = models.ForeignKey(
        "members.Segment",
        verbose_name=_("only members of the segment"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.DRAFT)
    publish_at = models.DateTimeField(_("publish at"), null=True, blank=True)
    shown_until = models.DateTimeField(_("shown until"), null=True, blank=True)
    total = models.BigIntegerField(_("members in all"), null=True, blank=True, editable=False)
    told = models.BigIntegerField(_("members told"), default=0)
    cursor = models.BigIntegerField(default=0, editable=False)
    created_by = models.CharField(_("created by"), max_length=64, blank=True)
    created_at = models.DateTimeField(_("created at"))
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    class Meta:
        verbose_name = _("announcement")
        verbose_name_plural = _("announcements")
        permissions = [("publish_announcement", _("Can publish and stop announcements"))]
        indexes = [
            models.Index(
                fields=["publish_at"],
                condition=models.Q(state="sending"),
                name="notifications_to_announce",
            ),
        ]

    def __str__(self) -> str:
        return self.title_zh
