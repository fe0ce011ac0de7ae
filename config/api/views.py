"""Addresses of the API that belong to no app."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from config.api import errors


def not_found(request: HttpRequest) -> HttpResponse:
    """Whatever lies under /api/ and is nothing: an answer that a program can read."""
    return errors.plain("not_found", _("There is nothing at this address."), status_code=404)
