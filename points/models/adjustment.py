"""Manual corrections by staff, with a reason and, above a threshold, a second person."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from points.policies import LIMIT


class Adjustment(models.Model):
    """A request to add or take points by hand (I17); it has no effect until it is posted."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting for approval")
        POSTED = "posted", _("posted")
        REJECTED = "rejected", _("rejected")

    class Reason(models.TextChoices):
        GOODWILL = "goodwill", _("goodwill")
        CORRECTION = "correction", _("correction of an error")
        COMPLAINT = "complaint", _("complaint settled")
        MIGRATION = "migration", _("brought in from another system")
        OTHER = "other", _("other")

    # Who asks chooses it once per adjustment: a request that arrives twice is one.
    key = models.CharField(_("key of the request"), max_length=64)
    member = models.ForeignKey(
        "members.Member", verbose_name=_("member"), on_delete=models.PROTECT, related_name="+"
    )
    points = models.BigIntegerField(
        _("points"), help_text=_("A positive number adds points, a negative number takes them.")
    )
    reason = models.CharField(_("reason"), max_length=12, choices=Reason.choices)
    note = models.CharField(_("note"), max_length=200)
    expires_at = models.DateTimeField(
        _("valid until"),
        null=True,
        blank=True,
        help_text=_("For added points. Empty: by the validity that is in force."),
    )
    state = models.CharField(_("state"), max_length=8, choices=State.choices)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("requested by"),
        on_delete=models.PROTECT,
        related_name="+",
    )
    requested_at = models.DateTimeField(_("requested at"))
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("decided by"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    needs_second_person = models.BooleanField(_("needs a second person"), default=False)
    entry = models.OneToOneField(
        "points.Entry",
        verbose_name=_("entry"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="adjustment",
        db_constraint=False,
    )

    class Meta:
        verbose_name = _("adjustment")
        verbose_name_plural = _("adjustments")
        constraints = [
            models.UniqueConstraint(fields=["key"], name="points_adjustment_key"),
            models.CheckConstraint(
                name="points_adjustment_in_range",
                condition=Q(points__range=(-LIMIT, LIMIT)) & ~Q(points=0) & ~Q(note=""),
            ),
            models.CheckConstraint(
                name="points_adjustment_second_person",
                condition=Q(needs_second_person=False)
                | ~Q(state="posted")
                | (Q(decided_by__isnull=False) & ~Q(decided_by=F("requested_by"))),
            ),
            models.CheckConstraint(
                name="points_adjustment_posted_by_an_entry",
                condition=Q(state="posted", entry__isnull=False)
                | Q(state__in=["waiting", "rejected"], entry__isnull=True),
            ),
        ]
        permissions = [("approve_adjustment", _("Can approve adjustments of others"))]

    def __str__(self) -> str:
        return f"{self.points:+d} · {self.get_reason_display()}"
