"""The member code for the till, and the link that invites a friend."""

from collections.abc import Sequence
from itertools import groupby

import segno
from barcode.codex import Code128
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from members.models import Member
from members.policies import codes
from members.selectors import look_up
from members.services import joining, profile
from members.services.registration import Origin
from members.views import visitors
from members.views.visitors import member_required

INVITATION_COOKIE = "judian_invitation"
SOURCE_COOKIE = "judian_via"
_MONTH = 30 * 24 * 3600
_CODE_TEXT_MAX = 64


@require_safe
@member_required
def member_code(request: HttpRequest, member: Member) -> HttpResponse:
    """The code as QR, bars and digits; the page asks for the next one by itself."""
    now = timezone.now()
    code = look_up.member_code(member, now)
    context = {
        "tab": "me",
        "member": member,
        "groups": [code[start : start + 4] for start in range(0, len(code), 4)],
        "qr": svg_path(code),
        "bars": _bars(code),
        "refresh_after": codes.seconds_left(now) + 1,
    }
    is_part = request.headers.get("X-Part") == "code"
    template = "members/_code.html" if is_part else "members/code.html"
    return render(request, template, context)  # `member_required` lets nobody keep it


@require_safe
@member_required
def invite(request: HttpRequest, member: Member) -> HttpResponse:
    """My invitation: code, link and QR, and how many friends came."""
    code = profile.invitation_code(member)
    url = request.build_absolute_uri(reverse("members:join", args=[code]))
    context = {
        "tab": "me",
        "code": code,
        "url": url,
        "qr": svg_path(url),
        "joined": Member.objects.filter(invited_by=member).count(),
    }
    return render(request, "members/invite.html", context)


@require_safe
def join(request: HttpRequest, code: str) -> HttpResponse:
    """Where an invitation or a poster leads: remembered on the device, then on to sign in."""
    if visitors.member_of(request) is not None:
        return redirect("points:home")
    response = redirect("members:sign-in")
    if profile.inviter(code) is not None:
        visitors.set_cookie(response, INVITATION_COOKIE, code, max_age=_MONTH)
    via = request.GET.get("via", "").strip()[:_CODE_TEXT_MAX]
    if via.isprintable() and via:
        visitors.set_cookie(response, SOURCE_COOKIE, via.encode().hex(), max_age=_MONTH)
    return response


def origin(request: HttpRequest) -> Origin:
    """What brought the person who is about to sign in, as far as their device remembers it."""
    try:
        via = bytes.fromhex(request.COOKIES.get(SOURCE_COOKIE, "")).decode()
    except ValueError:
        via = ""
    code = request.COOKIES.get(INVITATION_COOKIE, "")
    return joining.origin_if_known(code, source_code=via)


def svg_path(content: str) -> dict[str, object]:
    """A QR code as one SVG path, so that the page needs no further request and no style."""
    matrix = segno.make(content, error="m", micro=False).matrix
    path = "".join(f"M0 {row}" + _runs(modules) for row, modules in enumerate(matrix))
    quiet = 4
    side = len(matrix) + 2 * quiet
    return {"path": path, "box": f"-{quiet} -{quiet} {side} {side}"}


def _bars(code: str) -> dict[str, object]:
    """The same digits as a Code 128, which every till's scanner reads."""
    modules = Code128(code).build()[0]
    quiet = 10
    return {
        "path": "M0 0" + _runs([bit == "1" for bit in modules]),
        "box": f"-{quiet} 0 {len(modules) + 2 * quiet} 1",
    }


def _runs(modules: Sequence[int]) -> str:
    """A row of modules, neighbours joined: between two rectangles a screen may show a gap."""
    return "".join(
        f"h{count}v1h-{count}v-1m{count} 0" if is_dark else f"m{count} 0"
        for is_dark, group in groupby(modules, key=bool)
        for count in [sum(1 for _module in group)]
    )
