"""Which level a member has, and how it came to that."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tiers.policies import standings


class Standing(models.Model):
    """A member's level now. Guarded by the lock of the member's point account.

    A member without a row has the lowest level.
    """

    class By(models.TextChoices):
        GROWTH = standings.By.GROWTH.value, _("growth")
        INVITATION = standings.By.INVITATION.value, _("invitation")
        STAFF = standings.By.STAFF.value, _("given by staff")

    member = models.OneToOneField(
        "members.Member",
        verbose_name=_("member"),
        on_delete=models.PROTECT,
        primary_key=True,
        related_name="+",
    )
    level = models.ForeignKey(
        "tiers.Level", verbose_name=_("level"), on_delete=models.PROTECT, related_name="+"
    )
    since = models.DateField(_("since"))
    by = models.CharField(_("held by"), max_length=10, choices=By.choices, default=By.GROWTH)
    valid_until = models.DateField(_("valid through"), null=True, blank=True)
    counts_from = models.DateField(_("growth counts from"), null=True, blank=True)
    counts_until = models.DateField(_("growth counts until"), null=True, blank=True)
    grace_until = models.DateField(_("grace through"), null=True, blank=True)
    is_warned = models.BooleanField(_("warned"), default=False)
    # The purchase that reached the level, and the level before: for taking it back.
    cause = models.CharField(_("reached by"), max_length=100, blank=True)
    before = models.ForeignKey(
        "tiers.Level",
        verbose_name=_("level before"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    changed_at = models.DateTimeField(_("changed at"))

    class Meta:
        verbose_name = _("member's level")
        verbose_name_plural = _("members' levels")
        indexes = [
            models.Index(
                fields=["valid_until"],
                name="tiers_standing_ends",
                condition=Q(valid_until__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return str(self.member)


class StandingChange(models.Model):
    """One line of a member's history of levels."""

    class Why(models.TextChoices):
        RAISED = standings.Why.RAISED.value, _("reached by growth")
        KEPT = standings.Why.KEPT.value, _("kept for another period")
        WARNED = standings.Why.WARNED.value, _("warned that the period ends")
        GRACE = standings.Why.GRACE.value, _("period ended, grace began")
        FELL = standings.Why.FELL.value, _("growth did not keep the level")
        ENDED = standings.Why.ENDED.value, _("invitation ended")
        UNDONE = standings.Why.UNDONE.value, _("the purchase that reached it was returned")
        INVITED = standings.Why.INVITED.value, _("invited")
        GIVEN = standings.Why.GIVEN.value, _("given by staff")
        MERGED = standings.Why.MERGED.value, _("two accounts became one")

    member = models.ForeignKey(
        "members.Member",
        verbose_name=_("member"),
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    before = models.ForeignKey(
        "tiers.Level",
        verbose_name=_("from"),
        on_delete=models.PROTECT,
        related_name="+",
    )
    after = models.ForeignKey(
        "tiers.Level", verbose_name=_("to"), on_delete=models.PROTECT, related_name="+"
    )
    why = models.CharField(_("why"), max_length=8, choices=Why.choices)
    growth = models.BigIntegerField(_("growth then"))
    until = models.DateField(_("valid through"), null=True, blank=True)
    cause = models.CharField(_("reference"), max_length=100, blank=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    actor = models.CharField(_("actor"), max_length=64)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("change of level")
        verbose_name_plural = _("changes of level")
        indexes = [models.Index(fields=["member", "-id"], name="tiers_change_of_member")]

    def __str__(self) -> str:
        return f"{self.member_id}: {self.why}"
