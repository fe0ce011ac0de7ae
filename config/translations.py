"""Catalogues without the system's gettext tools: compile, extract, merge and judge them.

Django's own `makemessages` and `compilemessages` call programs that macOS does not have, and one
command has to be enough on a fresh machine; Babel does the same work in Python.
"""

import io
import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract as read_calls
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

_Arguments = tuple[int | tuple[int, int] | tuple[int, str], ...]
# Names of functions, and which of their arguments are the message (a context is marked "c").
_FUNCTIONS: dict[str, dict[int | None, _Arguments | None] | _Arguments | None] = {
    "_": (1,),
    "gettext": (1,),
    "gettext_lazy": (1,),
    "gettext_noop": (1,),
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
_PYTHON_PLACEHOLDER = re.compile(r"%\((\w+)\)[#0\- +]*[\d.]*[sdif]|\{(\w*)\}")
_POSITIONAL = re.compile(r"(?<!%)(?:%%)*%[sdif]")
_APPS = (
    "config",
    "insights",
    "sales",
    "campaigns",
    "mall",
    "tiers",
    "points",
    "notifications",
    "members",
    "stores",
)


def compile_catalogues(root: Path) -> list[Path]:
    """Write the `.mo` of every `.po` that is newer than it; gives those written."""
    written = []
    for source in sorted((root / "locale").glob("*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime_ns >= source.stat().st_mtime_ns:
            continue
        temporary = target.with_suffix(".mo.part")
        with temporary.open("wb") as output:
            write_mo(output, _read(source))
        temporary.replace(target)  # a running server never reads half a catalogue
        written.append(target)
    return written


def extract(root: Path) -> Catalog:
    """Every visible string of the product, from Python and from templates."""
    catalogue = Catalog(charset="utf-8")
    for path in _sources(root):
        text = path.read_text(encoding="utf-8")
        if path.suffix != ".py":
            # What templatize leaves is blanked prose around calls; indentation means nothing there.
            text = "\n".join(line.lstrip() for line in templatize(text).splitlines())
        where = path.relative_to(root).as_posix()
        calls = read_calls("python", io.BytesIO(text.encode()), _FUNCTIONS, ["Translators:"])
        for line, message, comments, context in calls:
            catalogue.add(
                message, locations=[(where, line)], auto_comments=comments, context=context
            )
    return catalogue


def update(root: Path, locale: str) -> Path:
    """Merge what the product says now into the catalogue of `locale`, guessing nothing.

    Stable: by msgid, without lines and times, so that a change of the product changes only the
    entries of its own strings, and the same product gives the same bytes.
    """
    path = root / "locale" / locale / "LC_MESSAGES" / "django.po"
    template = extract(root)
    if path.exists():
        catalogue = _read(path)
        catalogue.update(template, no_fuzzy_matching=True, update_creation_date=False)
        catalogue.obsolete.clear()
    else:
        catalogue = Catalog(locale=locale, charset="utf-8", fuzzy=False)
        for message in template:
            catalogue[message.id] = message
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as output:
        write_po(output, catalogue, width=100, sort_output=True, include_lineno=False)
    return path


def problems(root: Path, locale: str) -> list[str]:
    """What keeps the catalogue of `locale` from being complete and safe to show; empty when fine.

    Missing, empty and fuzzy translations, placeholders that differ from the source's, and
    positional placeholders where there are several (another language has another word order).
    """
    path = root / "locale" / locale / "LC_MESSAGES" / "django.po"
    if not path.exists():
        return [f"{path.relative_to(root)} does not exist"]
    catalogue = _read(path)
    found = []
    for wanted in extract(root):
        if wanted.id:
            have = catalogue.get(wanted.id, wanted.context)
            found += [f"{_place(wanted)}: {problem}" for problem in _faults(wanted, have)]
    return found


def _faults(wanted: Message, have: Message | None) -> Iterator[str]:
    sources = _forms(wanted.id)
    if any(len(_POSITIONAL.findall(source)) > 1 for source in sources):
        yield f"use named placeholders: {sources[0]!r}"
    translations = _forms(have.string) if have is not None else ()
    if have is None or not translations or not all(translations):
        yield f"not translated: {sources[0]!r}"
        return
    if have.fuzzy:
        yield f"fuzzy: {sources[0]!r}"
    allowed = set().union(*(_placeholders(source) for source in sources))
    for translation in translations:
        # A plural may leave its number out ("one point"), but nothing may name an unknown value.
        if not _placeholders(translation) <= allowed or (
            len(sources) == 1 and _placeholders(translation) != allowed
        ):
            yield f"placeholders differ: {sources[0]!r} / {translation!r}"


def _placeholders(text: str) -> set[str]:
    return {named or braced for named, braced in _PYTHON_PLACEHOLDER.findall(text)}


def _forms(text: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    if text is None:
        return ()
    return (text,) if isinstance(text, str) else tuple(text)


def _place(message: Message) -> str:
    return ", ".join(f"{path}:{line}" for path, line in message.locations)


def _read(path: Path) -> Catalog:
    with path.open("rb") as source:
        return read_po(source, locale=path.parent.parent.name, charset="utf-8")


def _sources(root: Path) -> Iterator[Path]:
    for folder in (*_APPS, "templates"):
        for path in sorted((root / folder).rglob("*")):
            if "migrations" not in path.parts and path.suffix in {".py", ".html", ".txt"}:
                yield path
