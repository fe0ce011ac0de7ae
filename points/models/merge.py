"""Accounts that were merged into others, and where their lots went."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class AccountMerge(models.Model):
    """`gone` is empty and its member closed; what concerns its past now concerns `kept`.

    `kept` is always the account that is left: a later merge of it moves these rows on.
    """

    gone = models.OneToOneField(
        "points.Account", on_delete=models.PROTECT, related_name="+", verbose_name=_("merged")
    )
    kept = models.ForeignKey(
        "points.Account", on_delete=models.PROTECT, related_name="+", verbose_name=_("left")
    )
    merged_at = models.DateTimeField(_("merged at"))

    class Meta:
        verbose_name = _("merged account")
        verbose_name_plural = _("merged accounts")

    def __str__(self) -> str:
        return f"{self.gone_id} → {self.kept_id}"


class LotMove(models.Model):
    """Which lot of the kept account goes on for a lot of a merged one.

    A return after the merge takes its points from the very lot that its purchase has become.
    """

    old = models.OneToOneField(
        "points.Lot", on_delete=models.PROTECT, related_name="+", db_constraint=False
    )
    new = models.ForeignKey(
        "points.Lot", on_delete=models.PROTECT, related_name="+", db_constraint=False
    )

    class Meta:
        verbose_name = _("moved lot")
        verbose_name_plural = _("moved lots")

    def __str__(self) -> str:
        return f"{self.old_id} → {self.new_id}"
