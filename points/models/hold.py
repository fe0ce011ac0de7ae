"""Points reserved for a checkout that is not finished."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Hold(models.Model):
    """A reservation (F57): its lots are linked through the uses of its entry.

    Capturing or releasing flips the state; there is no second arithmetic.
    """

    class State(models.TextChoices):
        ACTIVE = "active", _("active")
        CAPTURED = "captured", _("used")
        RELEASED = "released", _("released")
        TIMED_OUT = "timed_out", _("timed out")

    account = models.ForeignKey(
        "points.Account",
        verbose_name=_("point account"),
        on_delete=models.PROTECT,
        related_name="holds",
        db_constraint=False,
    )
    entry = models.OneToOneField(
        "points.Entry",
        verbose_name=_("entry"),
        on_delete=models.PROTECT,
        related_name="hold",
        db_constraint=False,
    )
    points = models.BigIntegerField(_("points"))
    state = models.CharField(_("state"), max_length=10, choices=State.choices)
    expires_at = models.DateTimeField(_("times out at"))
    closed_by = models.ForeignKey(
        "points.Entry",
        verbose_name=_("closed by"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )

    class Meta:
        verbose_name = _("hold")
        verbose_name_plural = _("holds")
        constraints = [
            models.CheckConstraint(name="points_hold_positive", condition=Q(points__gte=1)),
            models.CheckConstraint(
                name="points_hold_closed_by_an_entry",
                condition=Q(state="active", closed_by__isnull=True)
                | Q(
                    state__in=["captured", "released", "timed_out"],
                    closed_by__isnull=False,
                ),
            ),
        ]
        indexes = [
            models.Index(
                fields=["expires_at"], name="points_hold_due", condition=Q(state="active")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.points} ({self.get_state_display()})"
