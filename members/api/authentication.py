"""Who calls: a member with a token of their device."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from members.models import DeviceSession, Member
from members.services import sessions

if TYPE_CHECKING:
    from rest_framework.views import APIView  # it imports the default authentication itself

_SCHEME = b"bearer"


class TokenInvalid(exceptions.AuthenticationFailed):
    default_code = "token_invalid"
    default_detail = _("The token is not valid or no longer valid. Please sign in again.")


@dataclass(frozen=True, slots=True)
class Caller:
    """A signed-in member as `request.user`; `auth.User` stays for staff."""

    member: Member
    session_id: int
    is_authenticated: bool = True

    @property
    def pk(self) -> int:
        return self.member.pk


class MemberToken(BaseAuthentication):
    """`Authorization: Bearer <access token>`, as given by sign-in. One query."""

    def authenticate(self, request: Request) -> tuple[Caller, str] | None:
        scheme, _blank, value = get_authorization_header(request).partition(b" ")
        if scheme.lower() != _SCHEME:
            return None
        token = value.decode("latin-1").strip()
        session = sessions.find(token=token, kind=DeviceSession.Kind.API, at=timezone.now())
        if session is None:
            raise TokenInvalid
        return Caller(member=session.member, session_id=session.pk), token

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class IsMember(BasePermission):
    def has_permission(self, request: Request, view: "APIView") -> bool:
        return isinstance(request.user, Caller)


def calling_member(request: Request) -> Member:
    """The member behind a request that `IsMember` has let in."""
    caller = request.user
    if not isinstance(caller, Caller):
        raise exceptions.NotAuthenticated
    return caller.member


def calling_session(request: Request) -> int | None:
    """The id of the device that asks, for a request that `IsMember` has let in."""
    caller = request.user
    return caller.session_id if isinstance(caller, Caller) else None


class MemberTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # spectacular's own
    target_class = MemberToken
    name = "memberToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}
