"""Groups of members that rules, rewards and messages can ask for."""

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

# The groups of the nightly RFM analysis, by the codes under which rules name them.
RFM_NAMES: dict[str, Promise] = {
    "vip": pgettext_lazy("segment", "VIP"),
    "active": pgettext_lazy("segment", "Active"),
    "new": pgettext_lazy("segment", "New customers"),
    "sleeping": pgettext_lazy("segment", "Sleeping"),
    "lost": pgettext_lazy("segment", "Lost"),
}


class SegmentQuerySet(models.QuerySet["Segment"]):
    def usable(self) -> "SegmentQuerySet":
        return self.filter(is_active=True)

    def waiting(self) -> "SegmentQuerySet":
        """Built segments whose definition has changed since their members were worked out."""
        return self.filter(kind=Segment.Kind.BUILT, is_active=True, stale_since__isnull=False)


class Segment(models.Model):
    """A group of members. Who is in it stands in `SegmentMember`, as of `computed_at`."""

    class Kind(models.TextChoices):
        RFM = "rfm", _("RFM group")
        BUILT = "built", _("built from conditions")
        LIST = "list", _("fixed list")

    code = models.CharField(
        _("segment code"),
        max_length=32,
        unique=True,
        help_text=_("Small letters, digits, - and _. Rules and machines use it; it stays."),
    )
    # Empty for an RFM group that the merchant has not renamed: it is called what it is.
    name = models.CharField(pgettext_lazy("segment", "name"), max_length=60, blank=True)
    description = models.CharField(_("description"), max_length=300, blank=True)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices)
    definition = models.JSONField(_("conditions"), default=dict, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    size = models.BigIntegerField(_("members"), default=0)
    computed_at = models.DateTimeField(_("worked out at"), null=True, blank=True)
    stale_since = models.DateTimeField(_("changed at"), null=True, blank=True)
    created_at = models.DateTimeField(_("created at"))

    objects = SegmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("segment")
        verbose_name_plural = _("segments")
        permissions = [("export_segment", _("Can download the members of a segment"))]

    def __str__(self) -> str:
        return str(self.name or RFM_NAMES.get(self.code, self.code))


class SegmentMember(models.Model):
    """A member of a segment. Rows come and go with every computation; nothing refers to them."""

    segment = models.ForeignKey(
        "members.Segment",
        verbose_name=_("segment"),
        on_delete=models.CASCADE,
        related_name="memberships",
        db_index=False,
    )
    member = models.ForeignKey(
        "members.Member",
        verbose_name=_("member"),
        on_delete=models.CASCADE,
        related_name="segmentings",
        db_index=False,
    )
    since = models.DateTimeField(_("since"))

    class Meta:
        verbose_name = _("member of a segment")
        verbose_name_plural = _("members of segments")
        constraints = [
            models.UniqueConstraint(fields=["segment", "member"], name="members_segment_once"),
        ]
        indexes = [
            models.Index(fields=["member", "segment"], name="members_segments_of_member"),
        ]

    def __str__(self) -> str:
        return str(self.segment)
