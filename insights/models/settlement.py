"""The settlement between stores: a page of its own beside the stores, and no table."""

from django.utils.translation import gettext_lazy as _

from stores.models import Store


class StoreSettlement(Store):
    """The stores as parties of the monthly settlement; who may see it is a right of its own."""

    class Meta:
        proxy = True
        verbose_name = _("settlement between stores")
        verbose_name_plural = _("settlement between stores")
