"""Descriptions that merchants write: a short list of what may stand in them, nothing else.

Pictures have their own place and do not stand in a text: a text that could name one could make
every reader's browser ask a stranger's server.
"""

import html
import re

import nh3

TEXT_MAX = 20_000
_TAGS = {"p", "br", "strong", "em", "ul", "ol", "li", "h3", "h4", "a"}
# What they mean is kept under the names that we use.
_SYNONYMS = (("b", "strong"), ("i", "em"), ("h1", "h3"), ("h2", "h3"), ("h5", "h4"), ("h6", "h4"))
_SCHEMES = {"http", "https", "mailto"}
_MARKUP = re.compile(r"</?[a-zA-Z][^<>]*>")


def cleaned(text: str) -> str:
    """The text as safe HTML; cleaning it once more changes nothing.

    Plain text becomes paragraphs at its empty lines. Links go to http, https and mailto only and
    tell the other side nothing of us.
    """
    text = text.replace("\x00", "").replace("\r\n", "\n").strip()
    if not _MARKUP.search(text):
        return _paragraphs(text)
    for foreign, ours in _SYNONYMS:
        text = re.sub(rf"(?i)<(/?){foreign}(?=[\s/>])", rf"<\1{ours}", text)
    safe = nh3.clean(
        text,
        tags=_TAGS,
        clean_content_tags={"script", "style", "iframe", "object", "svg", "math", "template"},
        attributes={"a": {"href"}},
        url_schemes=_SCHEMES,
        link_rel="noopener nofollow",
    ).strip()
    return safe if _MARKUP.search(safe) else _paragraphs(html.unescape(safe))


def plain(text: str) -> str:
    """The words of such a text, without its marks: for searching, and for one line."""
    spaced = re.sub(r"<[^<>]*>", "", re.sub(r"</?(?:p|br|ul|ol|li|h3|h4)\b[^<>]*>", " ", text))
    return " ".join(html.unescape(spaced).split())


def _paragraphs(text: str) -> str:
    parts = [part.strip() for part in re.split(r"\n\s*\n", text) if part.strip()]
    lines = ("<br>".join(html.escape(part, quote=False).split("\n")) for part in parts)
    # Through the same door, so that a second cleaning finds what it would have written itself.
    return nh3.clean("".join(f"<p>{line}</p>" for line in lines), tags=_TAGS).strip()
