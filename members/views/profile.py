"""The member's own data: profile, picture, consents."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from members.forms.profile import AvatarForm, ProfileForm
from members.models import Member
from members.selectors.consents import consents_of
from members.services import consents, profile
from members.views.visitors import member_required
from stores.exceptions import PictureInvalid, Refusal
from stores.services import pictures


@require_http_methods(["GET", "POST"])
@member_required
def edit(request: HttpRequest, member: Member) -> HttpResponse:
    """Name, gender, birthday, preferred store."""
    form = ProfileForm(request.POST if request.method == "POST" else None, member=member)
    if form.is_bound and form.is_valid():
        try:
            profile.edit(member_id=member.pk, changes=form.changes(), at=timezone.now())
        except Refusal as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            return redirect("members:me")
    return _page(request, member, form=form, avatar_form=AvatarForm())


@require_POST
@member_required
def set_avatar(request: HttpRequest, member: Member) -> HttpResponse:
    """Take a picture, or take it away."""
    if "remove" in request.POST:
        profile.remove_avatar(member_id=member.pk)
        return redirect("members:profile")
    form = AvatarForm(request.POST, request.FILES)
    if form.is_valid():
        content = form.cleaned_data["picture"].read(pictures.BYTES_MAX + 1)
        try:
            profile.set_avatar(member_id=member.pk, content=content)
        except Refusal as refusal:
            form.add_error("picture", str(refusal))
        else:
            return redirect("members:profile")
    elif "picture" not in form.errors:  # pragma: no cover - the form has no other field
        form.add_error("picture", str(PictureInvalid()))
    return _page(request, member, form=ProfileForm(member=member), avatar_form=form)


def _page(
    request: HttpRequest, member: Member, *, form: ProfileForm, avatar_form: AvatarForm
) -> HttpResponse:
    has_errors = bool(form.errors or avatar_form.errors)
    context = {"member": member, "tab": "me", "form": form, "avatar_form": avatar_form}
    status = 422 if has_errors else 200
    return render(request, "members/profile.html", context, status=status)


@require_safe
@member_required
def avatar(request: HttpRequest, member: Member) -> HttpResponse:
    """The member's own picture; nobody else's browser gets it."""
    content = pictures.read(member.avatar)
    if content is None:
        raise Http404
    return HttpResponse(content, content_type="image/webp")


@require_http_methods(["GET", "POST"])
@member_required
def agreements(request: HttpRequest, member: Member) -> HttpResponse:
    """What the member agrees to, each with a switch of its own."""
    refused = ""
    if request.method == "POST":
        act = consents.give if request.POST.get("is_given") == "1" else consents.withdraw
        try:
            act(
                member_id=member.pk,
                purpose=request.POST.get("purpose", "")[:20],
                at=timezone.now(),
            )
        except Refusal as refusal:
            refused = str(refusal)
        else:
            return redirect("members:consents")
    context = {
        "member": member,
        "tab": "me",
        "consents": consents_of(member.pk),
        "refused": refused,
    }
    return render(request, "members/consents.html", context, status=422 if refused else 200)
