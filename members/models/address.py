"""Where a member's parcels go."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from members import policies


class AddressQuerySet(models.QuerySet["Address"]):
    def of(self, member_id: int) -> "AddressQuerySet":
        """A member's book, the default first, then the newest."""
        return self.filter(member_id=member_id).order_by("-is_default", "-pk")


class Address(models.Model):
    """An address in China. `region` is the six-digit code of the district (GB/T 2260)."""

    member = models.ForeignKey(
        "members.Member",
        verbose_name=_("member"),
        on_delete=models.PROTECT,
        related_name="addresses",
    )
    recipient = models.CharField(_("recipient"), max_length=40)
    phone = models.CharField(_("phone"), max_length=20)
    region = models.CharField(_("district"), max_length=6)
    detail = models.CharField(_("street, house and room"), max_length=120)
    is_default = models.BooleanField(_("default address"), default=False)
    created_at = models.DateTimeField(_("created at"))

    objects = AddressQuerySet.as_manager()

    class Meta:
        verbose_name = _("address")
        verbose_name_plural = _("addresses")
        constraints = [
            models.UniqueConstraint(
                fields=["member"],
                condition=models.Q(is_default=True),
                name="members_address_one_default",
            )
        ]

    def __str__(self) -> str:
        return f"{self.region} {self.detail}"

    @property
    def masked_phone(self) -> str:
        return policies.mask_phone(self.phone)
