"""Which store's machine calls."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from stores.models import ApiKey, Store
from stores.services import api_keys

if TYPE_CHECKING:
    from rest_framework.views import APIView  # it imports the default authentication itself

HEADER = "X-Api-Key"


class KeyInvalid(exceptions.AuthenticationFailed):
    default_code = "api_key_invalid"
    default_detail = _("The API key is not valid or has been withdrawn.")


@dataclass(frozen=True, slots=True)
class Machine:
    """A store's machine as `request.user`."""

    key: ApiKey
    is_authenticated: bool = True

    @property
    def pk(self) -> int:
        return self.key.pk

    @property
    def store(self) -> Store:
        return self.key.store


class StoreKey(BaseAuthentication):
    """`X-Api-Key: jd_…`, as shown once when the key was made. One query."""

    def authenticate(self, request: Request) -> tuple[Machine, str] | None:
        secret = request.headers.get(HEADER)
        if secret is None:
            return None
        key = api_keys.find(secret=secret, now=timezone.now())
        if key is None:
            raise KeyInvalid
        return Machine(key=key), key.prefix

    def authenticate_header(self, request: Request) -> str:
        return HEADER


class IsMachine(BasePermission):
    def has_permission(self, request: Request, view: "APIView") -> bool:
        return isinstance(request.user, Machine)


class MayReadSegments(IsMachine):
    """A key that the merchant has allowed to read who is in which segment."""

    code = "key_scope_missing"
    message = _("This key may not read segments. The merchant can allow it in the back office.")

    def has_permission(self, request: Request, view: "APIView") -> bool:
        return isinstance(request.user, Machine) and request.user.key.may_read_segments


def calling_machine(request: Request) -> Machine:
    """The machine behind a request that `IsMachine` has let in."""
    caller = request.user
    if not isinstance(caller, Machine):
        raise exceptions.NotAuthenticated
    return caller


class StoreKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # spectacular's own
    target_class = StoreKey
    name = "storeKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "header", "name": HEADER}
