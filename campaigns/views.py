"""The rules page 积分细则 in a browser: in force, as it was, what changed. No request writes."""

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from campaigns.selectors import rulebook
from campaigns.selectors.rulebook import Edition
from campaigns.selectors.rulebook.reading import in_language

VERSIONS_PAGE = 20


@require_safe
def rules_page(request: HttpRequest) -> HttpResponse:
    """The rules in force now, with what has been announced."""
    now = timezone.now()
    current = rulebook.edition_in_force(now)
    coming = [
        {
            "edition": one,
            "announcement": _announcement(one),
            "changes": rulebook.changes_between(current.book if current else None, one.book),
        }
        for one in rulebook.upcoming_editions(now)
    ]
    context: dict[str, Any] = {"coming": coming, "is_in_force": True}
    if current is not None:
        context |= _shown(current)
    return render(request, "campaigns/rules.html", context)


@require_safe
def edition(request: HttpRequest, label: str) -> HttpResponse:
    """One edition at its permanent address."""
    found = _called(label)
    now = timezone.now()
    current = rulebook.edition_in_force(now)
    context = _shown(found) | {
        "announcement": _announcement(found),
        "is_in_force": current is not None and current.label == found.label,
        "is_upcoming": found.since > now,
        "address": request.build_absolute_uri(),
    }
    return render(request, "campaigns/rules.html", context)


@require_safe
def changes(request: HttpRequest, label: str) -> HttpResponse:
    """What an edition changed: against the one before, or against `?from=`."""
    found = _called(label)
    asked = request.GET.get("from", "")
    before = _called(asked) if asked else rulebook.edition_before(found)
    context = {
        "edition": found,
        "before": before,
        "changes": rulebook.changes_between(before.book if before else None, found.book),
    }
    return render(request, "campaigns/rules_changes.html", context)


@require_safe
def versions(request: HttpRequest) -> HttpResponse:
    """All editions, the newest first."""
    pages = Paginator(rulebook.editions().defer("content", "preface", "preface_en"), VERSIONS_PAGE)
    page = request.GET.get("page", "1")
    if not page.isdecimal() or len(page) > 6 or not 1 <= int(page) <= pages.num_pages:
        raise Http404
    now = timezone.now()
    current = rulebook.edition_in_force(now)
    context = {
        "page": pages.page(int(page)),
        "in_force": current.label if current is not None else "",
        "now": now,
    }
    return render(request, "campaigns/rules_versions.html", context)


def _called(label: str) -> Edition:
    found = rulebook.edition_called(label)
    if found is None:
        raise Http404
    return found


def _shown(found: Edition) -> dict[str, Any]:
    return {
        "edition": found,
        "reading": rulebook.read(found.book),
        "repairs": found.version.repairs,
    }


def _announcement(found: Edition) -> str:
    version = found.version
    return in_language({"zh": version.announcement, "en": version.announcement_en})
