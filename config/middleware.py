"""What happens to every request before it finds its view."""

from collections.abc import Callable
from urllib.parse import unquote_to_bytes

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from config.api import errors
from members.models import DeviceSession
from members.services import sessions
from members.views import SESSION_COOKIE

GetResponse = Callable[[HttpRequest], HttpResponse]

_WITHOUT_MEMBERS = ("/admin/", "/api/", "/static/")


class ClientAddress:
    """Put the caller's own address into REMOTE_ADDR when we stand behind known proxies.

    Each proxy appends the address that it saw, so only the last `TRUSTED_PROXIES` entries of
    `X-Forwarded-For` are true; everything before them is the caller's own invention.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        count = settings.TRUSTED_PROXIES
        seen = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
        if count and len(seen) >= count and (address := seen[-count].strip()):
            request.META["REMOTE_ADDR"] = address
        return self.get_response(request)


class RefuseNul:
    """No address carries a NUL: PostgreSQL refuses one in any text, which would be a 500."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        query = request.META.get("QUERY_STRING", "").encode("latin-1", "replace")
        if "\x00" not in request.path and b"\x00" not in unquote_to_bytes(query):
            return self.get_response(request)
        message = _("The text contains characters that are not accepted.")
        if errors.is_api(request):
            return errors.plain("text_not_accepted", message, status_code=400)
        return HttpResponseBadRequest(message, content_type="text/plain; charset=utf-8")


class SignedInMember:
    """Set `request.member` on pages, from the device's cookie. One query, none for guests."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = request.COOKIES.get(SESSION_COOKIE, "")
        session = None
        if token and not request.path.startswith(_WITHOUT_MEMBERS):
            session = sessions.find(token=token, kind=DeviceSession.Kind.WEB, at=timezone.now())
        request.member_session = session  # type: ignore[attr-defined]  # read by `session_of`
        member = session.member if session is not None else None
        request.member = member  # type: ignore[attr-defined]  # read by `member_of`
        return self.get_response(request)


class AdminPolicy:
    """Loosen the content policy for the admin's theme, and nowhere else.

    Its components are written for Alpine, which evaluates expressions and sets styles.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.path.startswith("/admin/"):
            response._csp_update = {  # type: ignore[attr-defined]  # django-csp reads it there
                "script-src": ["'unsafe-eval'", "'unsafe-inline'"],
                "style-src": ["'unsafe-inline'"],
            }
        return response
