"""Tags that the merchant puts on people, for rules and lists."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Tag(models.Model):
    """A word by which the merchant groups members. It cannot be deleted while anybody has it."""

    name = models.CharField(_("tag"), max_length=32, unique=True)

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")

    def __str__(self) -> str:
        return self.name


class MemberTag(models.Model):
    """A tag on a member."""

    member = models.ForeignKey(
        "members.Member",
        verbose_name=_("member"),
        on_delete=models.CASCADE,
        related_name="taggings",
        db_index=False,
    )
    tag = models.ForeignKey(
        "members.Tag", verbose_name=_("tag"), on_delete=models.PROTECT, related_name="taggings"
    )

    class Meta:
        verbose_name = _("tag of a member")
        verbose_name_plural = _("tags of members")
        constraints = [
            models.UniqueConstraint(fields=["member", "tag"], name="members_tag_once"),
        ]

    def __str__(self) -> str:
        return str(self.tag)
