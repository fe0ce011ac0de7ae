"""Points granted together, and what took from them."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class Lot(models.Model):
    """Points granted by one entry, with one expiry (F62–F70).

    The database keeps `granted = remaining + spent + expired + clawed` for every lot (I3).
    `held` is the part of `remaining` that a hold reserves; `settled` the part of `expired` that a
    return was set against, so that nobody pays twice for points that had lapsed.
    """

    class State(models.TextChoices):
        PENDING = "pending", _("pending")
        OPEN = "open", _("usable")
        CLOSED = "closed", _("used up")

    account = models.ForeignKey(
        "points.Account",
        verbose_name=_("point account"),
        on_delete=models.PROTECT,
        related_name="lots",
        db_index=False,
        db_constraint=False,
    )
    entry = models.ForeignKey(
        "points.Entry",
        verbose_name=_("granted by"),
        on_delete=models.PROTECT,
        related_name="lots",
        db_constraint=False,
    )
    granted = models.BigIntegerField(_("granted"))
    remaining = models.BigIntegerField(_("remaining"))
    held = models.BigIntegerField(_("held"), default=0)
    spent = models.BigIntegerField(_("spent"), default=0)
    expired = models.BigIntegerField(_("expired"), default=0)
    settled = models.BigIntegerField(_("expired and set against a return"), default=0)
    clawed = models.BigIntegerField(_("clawed back"), default=0)
    state = models.CharField(_("state"), max_length=8, choices=State.choices)
    earned_at = models.DateTimeField(_("earned at"))
    usable_at = models.DateTimeField(_("usable from"))
    expires_at = models.DateTimeField(_("valid until"))
    expired_by = models.ForeignKey(
        "points.Entry",
        verbose_name=_("expiry booked by"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="expired_lots",
        db_index=False,
        db_constraint=False,
    )
    store = models.ForeignKey(
        "stores.Store",
        verbose_name=_("store that bears the cost"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )

    class Meta:
        verbose_name = _("lot")
        verbose_name_plural = _("lots")
        constraints = [
            models.CheckConstraint(
                name="points_lot_conserves",
                condition=Q(granted=F("remaining") + F("spent") + F("expired") + F("clawed")),
            ),
        ]
        indexes = [
            # The order in which points are used: soonest expiry, then age.
            models.Index(
                fields=["account", "expires_at", "id"],
                name="points_lot_open",
                condition=Q(state="open"),
            ),
            models.Index(
                fields=["usable_at", "account"],
                name="points_lot_pending",
                condition=Q(state="pending"),
            ),
            models.Index(fields=["account", "earned_at"], name="points_lot_history"),
        ]

    def __str__(self) -> str:
        return f"{self.remaining}/{self.granted}"

    @property
    def free(self) -> int:
        return self.remaining - self.held


class LotUse(models.Model):
    """What one entry took from one lot (positive) or put back into it (negative).

    This is what makes cancelling, returns and "which points did this use" exact. `restored` and
    `forfeited` count what later entries undid of this row: put back into the lot, or not, since
    the lot's day had passed.
    """

    class Bucket(models.TextChoices):
        SPENT = "spent", _("spent")
        HELD = "held", _("held")
        CLAWED = "clawed", _("clawed back")

    entry = models.ForeignKey(
        "points.Entry",
        verbose_name=_("entry"),
        on_delete=models.PROTECT,
        related_name="uses",
        db_constraint=False,
    )
    lot = models.ForeignKey(
        "points.Lot",
        verbose_name=_("lot"),
        on_delete=models.PROTECT,
        related_name="uses",
        db_constraint=False,
    )
    bucket = models.CharField(_("bucket"), max_length=6, choices=Bucket.choices)
    amount = models.BigIntegerField(_("points taken"))
    restored = models.BigIntegerField(_("put back"), default=0)
    forfeited = models.BigIntegerField(_("not put back, the day had passed"), default=0)
    undoes = models.ForeignKey(
        "self",
        verbose_name=_("undoes"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )

    class Meta:
        verbose_name = _("use of a lot")
        verbose_name_plural = _("uses of lots")

    def __str__(self) -> str:
        return f"{self.lot_id}: {self.amount}"
