"""The root of every refusal in the product.

It lives here because `stores` is the lowest step of the ladder, so every app may import it.
"""

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Refusal(Exception):
    """A request that the product declines, for a reason that a person can act on.

    `code` is stable and meant for programs; `message` is a lazy translation with named
    placeholders, filled from `params`; `field` names the offending input, where there is one.
    """

    code: str = "refused"
    message: str | Promise = _("The request was refused.")
    field: str | None = None

    def __init__(self, *, field: str | None = None, **params: Any) -> None:
        self.params = params
        if field is not None:
            self.field = field
        super().__init__(self.code)

    def __str__(self) -> str:
        return str(self.message) % self.params if self.params else str(self.message)
