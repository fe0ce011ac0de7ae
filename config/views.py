"""Pages that belong to no app: what people see when something is not as it should be."""

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.utils.translation import gettext as _

from config.api import errors


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if errors.is_api(request):
        return errors.plain("not_found", _("There is nothing at this address."), status_code=404)
    return render(request, "404.html", status=404)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    if errors.is_api(request):
        return errors.plain("permission_denied", _("You may not do this."), status_code=403)
    return render(request, "403.html", status=403)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    message = _("The request could not be understood.")
    if errors.is_api(request):
        return errors.plain("bad_request", message, status_code=400)
    return render(request, "400.html", status=400)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that was open for too long, or cookies that are switched off."""
    return render(request, "403_csrf.html", status=403)


def server_error(request: HttpRequest) -> HttpResponse:
    """A database that is away is an outage (503, try again), everything else is our mistake."""
    is_outage = isinstance(sys.exc_info()[1], OperationalError | InterfaceError)
    status = 503 if is_outage else 500
    response: HttpResponse | JsonResponse
    if errors.is_api(request):
        code = "unavailable" if is_outage else "server_error"
        message = _("The service is briefly unavailable. Please try again.")
        response = errors.plain(code, message, status_code=status)
    else:
        response = render(request, "500.html", {"is_outage": is_outage}, status=status)
    if is_outage:
        response.headers["Retry-After"] = "5"
    return response


def favicon(request: HttpRequest) -> HttpResponse:
    """Browsers ask for it on every page that names none, such as those of the back office."""
    return redirect(static("img/favicon.svg"))
