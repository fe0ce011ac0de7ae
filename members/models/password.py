"""A member's password, for those who want one."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Password(models.Model):
    """Django's salted and stretched hash; a member without a row has no password.

    Apart from the member: whoever reads members, in a list or an export, never holds a hash.
    """

    member = models.OneToOneField(
        "members.Member",
        verbose_name=_("member"),
        on_delete=models.PROTECT,
        primary_key=True,
        related_name="+",
    )
    encoded = models.CharField(max_length=128)
    changed_at = models.DateTimeField(_("changed at"))

    class Meta:
        verbose_name = _("sign-in password")
        verbose_name_plural = _("sign-in passwords")

    def __str__(self) -> str:
        return f"{self.pk}"
