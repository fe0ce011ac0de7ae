"""Relatives and friends: the list, a link for one more, and the other side's agreement."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from members.models import Member, Relation
from members.selectors import relations as selectors
from members.services import relations
from members.views.codes import svg_path
from members.views.visitors import member_required
from stores.exceptions import Refusal


@require_http_methods(["GET", "POST"])
@member_required
def people(request: HttpRequest, member: Member) -> HttpResponse:
    """Who is bound to me; a POST makes the link that the next one opens."""
    context: dict[str, object] = {"tab": "me", "kinds": Relation.Kind.choices}
    status = 200
    if request.method == "POST":
        try:
            invited = relations.invite(
                member_id=member.pk, kind=request.POST.get("kind", "")[:10], at=timezone.now()
            )
        except Refusal as refusal:
            context["refused"], status = str(refusal), 422
        else:
            path = reverse("members:relation-accept", args=[invited.token])
            url = request.build_absolute_uri(path)
            context |= {"invited": invited, "url": url, "qr": svg_path(url)}
    context["bonds"] = selectors.bonds(member.pk)
    return render(request, "members/relations.html", context, status=status)


@require_http_methods(["GET", "POST"])
@member_required
def accept(request: HttpRequest, member: Member, token: str) -> HttpResponse:
    """Who asks, and what it means; a POST agrees."""
    now = timezone.now()
    refused, status = "", 200
    if request.method == "POST":
        try:
            relations.accept(member_id=member.pk, token=token, at=now)
        except Refusal as refusal:
            refused, status = str(refusal), 422
        else:
            return redirect("members:relations")
    invitation = relations.find(token=token, at=now)
    if invitation is None:
        status = 410
    context = {
        "tab": "me",
        "invitation": invitation,
        "is_own": invitation is not None and invitation.member_id == member.pk,
        "refused": refused,
    }
    return render(request, "members/relation_accept.html", context, status=status)


@require_POST
@member_required
def end(request: HttpRequest, member: Member, relation_id: int) -> HttpResponse:
    """Part. The other is not asked."""
    try:
        relations.end(
            member_id=member.pk,
            relation_id=relation_id,
            actor=f"member:{member.pk}",
            at=timezone.now(),
        )
    except Refusal:
        return render(request, "404.html", status=404)
    return redirect("members:relations")
