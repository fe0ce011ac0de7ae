"""A member's account in the ledger."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class Account(models.Model):
    """The balance of one member in one unit, always equal to its entries and to its lots.

    `available` counts lots past their day until the nightly job books them; what a person is
    shown is `points.selectors.balance`, which leaves them out at the instant (F67). Debt stands
    beside the balance. No column that changes with an entry is indexed: every update stays HOT.
    Ranges and the rest of its rules are kept by triggers, as `Entry` says.
    """

    class Unit(models.TextChoices):
        POINTS = "points", _("points")
        GROWTH = "growth", _("growth value")

    class Status(models.TextChoices):
        ACTIVE = "active", _("active")
        FROZEN = "frozen", _("frozen")

    member = models.ForeignKey(
        "members.Member",
        verbose_name=_("member"),
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,  # the unique constraint below begins with it
    )
    unit = models.CharField(_("unit"), max_length=10, choices=Unit.choices, default=Unit.POINTS)
    status = models.CharField(
        _("status"), max_length=10, choices=Status.choices, default=Status.ACTIVE
    )
    frozen_reason = models.CharField(_("reason for freezing"), max_length=200, blank=True)
    available = models.BigIntegerField(_("available points"), default=0)
    held = models.BigIntegerField(_("held points"), default=0)
    pending = models.BigIntegerField(_("pending points"), default=0)
    debt = models.BigIntegerField(_("debt"), default=0)
    seq = models.BigIntegerField(_("entries so far"), default=0)
    chain = models.BinaryField(_("hash of the last entry"), default=bytes(32))
    earned_total = models.BigIntegerField(_("earned in total"), default=0)
    spent_total = models.BigIntegerField(_("spent in total"), default=0)
    expired_total = models.BigIntegerField(_("expired in total"), default=0)
    clawed_total = models.BigIntegerField(_("clawed back in total"), default=0)
    opened_at = models.DateTimeField(_("opened at"))

    class Meta:
        verbose_name = _("point account")
        verbose_name_plural = _("point accounts")
        constraints = [
            models.UniqueConstraint(fields=["member", "unit"], name="points_account_one_per_unit"),
            models.CheckConstraint(
                name="points_account_totals_add_up",
                condition=Q(
                    earned_total=F("available")
                    + F("held")
                    - F("debt")
                    + F("spent_total")
                    + F("expired_total")
                    + F("clawed_total")
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member} · {self.get_unit_display()}"

    @property
    def is_frozen(self) -> bool:
        return self.status == self.Status.FROZEN
