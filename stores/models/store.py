"""A shop of the chain."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from stores import policies


class Store(models.Model):
    """A place (or online shop) that sells and whose receipts may earn points."""

    class Ownership(models.TextChoices):
        OWN = "own", _("own")
        FRANCHISE = "franchise", _("franchise")

    code = models.CharField(_("store code"), max_length=32, unique=True)
    name = models.CharField(_("name"), max_length=100)
    ownership = models.CharField(
        _("ownership"), max_length=10, choices=Ownership.choices, default=Ownership.OWN
    )
    business = models.CharField(
        _("line of business"),
        max_length=policies.BUSINESS_LENGTH,
        blank=True,
        help_text=_("Receipts that name no line of business are of the store's."),
    )
    time_zone = models.CharField(_("time zone"), max_length=40, default="Asia/Shanghai")
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("store")
        verbose_name_plural = _("stores")

    def __str__(self) -> str:
        return self.name
