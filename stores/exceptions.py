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


class PictureInvalid(Refusal):
    code = "picture_invalid"
    message = _("This is not a picture that we can read. JPEG, PNG and WebP are welcome.")
    field = "picture"


class PictureTooLarge(Refusal):
    code = "picture_too_large"
    message = _("A picture has at most %(limit)s MB.")
    field = "picture"


GOODS_MESSAGES: dict[str, str | Promise] = {
    "required": _("A value is missing."),
    "text_too_long": _("The text has at most %(limit)s characters."),
    "unsafe_characters": _("The text contains control characters or broken characters."),
    "category_unknown": _("There is no category %(category)s."),
    "category_cycle": _("A category cannot lie within itself."),
    "category_too_deep": _("Categories lie at most %(limit)s levels deep."),
    "too_many_labels": _("An article has at most %(limit)s labels."),
    "label_invalid": _("A label has at most %(limit)s characters, and no comma."),
    "row_twice": _("An earlier row of the same request has this code."),
}


class GoodsRefused(Refusal):
    """An article or category that is not taken in; `field` says which of its values is wrong."""

    def __init__(self, code: str, *, field: str, **params: Any) -> None:
        self.code = code
        self.message = GOODS_MESSAGES[code]
        super().__init__(field=field, **params)


# An app above adds what its own files can be refused for.
FILE_MESSAGES: dict[str, str | Promise] = {
    "file_not_found": _("There is no readable file %(name)s."),
    "file_empty": _("The file is empty."),
    "file_damaged": _("The file is damaged or cut off; nothing of it was taken in."),
    "file_too_large": _("The file is larger than %(limit)s when unpacked."),
    "upload_too_large": _("An uploaded file has at most %(limit)s."),
    "file_changed": _("The file is not the one with which this import began."),
    "not_gzip": _("The name ends in .gz, but the file is not compressed with gzip."),
    "not_xlsx": _("The name ends in .xlsx, but the file is no Excel workbook."),
    "old_excel": _("This is a workbook of an old Excel. Save it as .xlsx or as CSV."),
    "gzipped_xlsx": _("A workbook must not be compressed again. Unpack it first."),
    "archive_bomb": _("The workbook unpacks to an implausible size."),
    "utf16": _("The file is UTF-16. Save it as CSV in UTF-8."),
    "unreadable_text": _("The header contains characters that the file's encoding does not have."),
    "unclosed_quote": _("A quotation mark in the header is never closed."),
    "line_too_long": _("The header is too long to be read."),
    "column_missing": _("The file has no column %(column)s."),
    "column_twice": _("The file has the column %(column)s twice."),
    "mapping_invalid": _("The column mapping cannot be used: %(reason)s"),
}


class FileRefused(Refusal):
    """A file that cannot be taken in as a whole; nothing of it has landed."""

    field = "file"

    def __init__(self, code: str, **params: Any) -> None:
        self.code = code
        self.message = FILE_MESSAGES[code]
        super().__init__(**params)
