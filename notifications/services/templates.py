"""The texts of messages, by key, in the reader's language.

A gateway with templates of its own (SMS providers demand it) uses the key and the values; the
text is for those without, and for the staff who look at the outbox.
"""

from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SIGN_IN_CODE = "sign_in_code"

_TEXTS: dict[str, str | Promise] = {
    SIGN_IN_CODE: _(
        "%(code)s is your sign-in code. It is valid for %(minutes)s minutes. "
        "Never pass it on to anyone."
    ),
}


def render(*, template: str, language: str, context: dict[str, Any]) -> str:
    """The text of `template` in `language`; raises KeyError for an unknown template."""
    with translation.override(_known(language)):
        return str(_TEXTS[template]) % context


def _known(language: str) -> str:
    return language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
