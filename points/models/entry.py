"""One immutable line of the ledger."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from points.models.fields import CanonicalJSONField


class Entry(models.Model):
    """A business event on one account, with everything it changed.

    Never updated, never deleted: triggers refuse both on either database. A correction is a new
    entry that names the one it answers in `relates_to`. `hash` covers every column and the hash
    of the entry before it. There is no second leg to an account of the company: it would be one
    hot row for the whole chain; sums by kind and day say the same.

    What its figures must fulfil (direction by kind, ranges, following the entry before it) is
    kept by the trigger `points_entry_follows`, not by CHECKs: PostgreSQL parses the CHECKs of a
    table anew for every statement, which was two thirds of inserting an entry.
    """

    class Kind(models.TextChoices):
        EARN = "earn", _("earned")
        MATURE = "mature", _("credited")
        SPEND = "spend", _("used")
        HOLD = "hold", _("held")
        CAPTURE = "capture", _("hold used")
        RELEASE = "release", _("hold released")
        RESTORE = "restore", _("given back")
        CLAWBACK = "clawback", _("clawed back")
        EXPIRE = "expire", _("expired")
        TRANSFER_OUT = "transfer_out", _("gift sent")
        TRANSFER_IN = "transfer_in", _("gift received")
        ADJUST = "adjust", _("adjusted")
        FREEZE = "freeze", _("account frozen")
        UNFREEZE = "unfreeze", _("account unfrozen")

    # Accounts, lots and entries can never be deleted (a trigger refuses), so foreign keys among
    # them would guard nothing; the insert triggers check that the parents exist and belong
    # together. Why: docs/decisions/0006-ledger-paths.md.
    account = models.ForeignKey(
        "points.Account",
        verbose_name=_("point account"),
        on_delete=models.PROTECT,
        related_name="entries",
        db_index=False,
        db_constraint=False,
    )
    seq = models.BigIntegerField(_("number in the account"))
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    reference = models.CharField(_("reference"), max_length=100)
    fingerprint = models.CharField(_("fingerprint of the request"), max_length=32)
    d_available = models.BigIntegerField(_("change of available points"), default=0)
    d_held = models.BigIntegerField(_("change of held points"), default=0)
    d_pending = models.BigIntegerField(_("change of pending points"), default=0)
    d_debt = models.BigIntegerField(_("change of debt"), default=0)
    available_after = models.BigIntegerField(_("available after"))
    held_after = models.BigIntegerField(_("held after"))
    pending_after = models.BigIntegerField(_("pending after"))
    debt_after = models.BigIntegerField(_("debt after"))
    relates_to = models.ForeignKey(
        "self",
        verbose_name=_("answers entry"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="answers",
        db_index=False,
        db_constraint=False,
    )
    source = models.CharField(_("source"), max_length=32)
    store = models.ForeignKey(
        "stores.Store",
        verbose_name=_("store"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    actor = models.CharField(_("actor"), max_length=64)
    rule_version = models.CharField(_("rule version"), max_length=40, blank=True)
    explanation = CanonicalJSONField(_("explanation"))
    occurred_at = models.DateTimeField(_("occurred at"))
    created_at = models.DateTimeField(_("booked at"))
    hash = models.BinaryField(_("hash"), max_length=32)

    class Meta:
        verbose_name = _("entry")
        verbose_name_plural = _("entries")
        constraints = [
            models.UniqueConstraint(fields=["account", "seq"], name="points_entry_seq"),
            models.UniqueConstraint(fields=["account", "reference"], name="points_entry_reference"),
        ]
        indexes = [
            models.Index(fields=["account", "created_at", "seq"], name="points_entry_as_of"),
            models.Index(
                fields=["relates_to"],
                name="points_entry_answers",
                condition=Q(relates_to__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.amount:+d}"

    @property
    def amount(self) -> int:
        """Signed points that a person sees: what came or went, pending and debt included."""
        if self.kind in (self.Kind.HOLD, self.Kind.RELEASE):
            return -self.d_held
        if self.kind == self.Kind.MATURE:
            return -self.d_pending
        return self.d_available + self.d_held + self.d_pending - self.d_debt
