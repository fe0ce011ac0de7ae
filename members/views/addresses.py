"""The member's address book."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from members.forms.profile import AddressForm, AddressLineForm
from members.models import Address, Member
from members.policies import addresses as lines
from members.policies import regions
from members.services import addresses
from members.views.visitors import member_required, target
from stores.exceptions import Refusal


@require_safe
@member_required
def book(request: HttpRequest, member: Member) -> HttpResponse:
    """All addresses, the default first. At most twenty: no pages."""
    rows = [(row, regions.name(row.region)) for row in Address.objects.of(member.pk)]
    context = {"tab": "me", "rows": rows, "limit": addresses.LIMIT}
    return render(request, "members/addresses.html", context)


@require_http_methods(["GET", "POST"])
@member_required
def add(request: HttpRequest, member: Member) -> HttpResponse:
    """A new address, typed or read from a pasted line."""
    if "paste" in request.POST:
        pasted = AddressLineForm(request.POST)
        text = pasted.cleaned_data["line"] if pasted.is_valid() else ""
        return _form(request, AddressForm(parsed=lines.parse(text)), pasted=pasted)
    form = AddressForm(request.POST if request.method == "POST" else None)
    if _is_sent(request, form):
        try:
            addresses.add(member_id=member.pk, content=form.content(), at=timezone.now())
        except Refusal as refusal:
            _refuse(form, refusal)
        else:
            if "next" in request.GET:  # from an order, which needs it
                return HttpResponseRedirect(target(request))
            return redirect("members:addresses")
    return _form(request, form, pasted=AddressLineForm())


@require_http_methods(["GET", "POST"])
@member_required
def change(request: HttpRequest, member: Member, address_id: int) -> HttpResponse:
    address = get_object_or_404(Address.objects.of(member.pk), pk=address_id)
    form = AddressForm(request.POST if request.method == "POST" else None, address=address)
    if _is_sent(request, form):
        try:
            addresses.change(member_id=member.pk, address_id=address.pk, content=form.content())
        except Refusal as refusal:
            _refuse(form, refusal)
        else:
            return redirect("members:addresses")
    return _form(request, form, address=address)


@require_POST
@member_required
def remove(request: HttpRequest, member: Member, address_id: int) -> HttpResponse:
    get_object_or_404(Address.objects.of(member.pk), pk=address_id)
    addresses.remove(member_id=member.pk, address_id=address_id)
    return redirect("members:addresses")


@require_POST
@member_required
def make_default(request: HttpRequest, member: Member, address_id: int) -> HttpResponse:
    get_object_or_404(Address.objects.of(member.pk), pk=address_id)
    addresses.make_default(member_id=member.pk, address_id=address_id)
    return redirect("members:addresses")


@require_safe
@cache_control(public=True, max_age=24 * 3600)
def divisions(request: HttpRequest, code: str) -> JsonResponse:
    """What lies below a province or city, for the menus of the address form."""
    return JsonResponse({"below": regions.children(code)})


def _is_sent(request: HttpRequest, form: AddressForm) -> bool:
    """Whether the form is meant to be stored: the button beside the menus only fills them."""
    return request.method == "POST" and "fill" not in request.POST and form.is_valid()


def _refuse(form: AddressForm, refusal: Refusal) -> None:
    field = "region_1" if refusal.field == "region" else refusal.field
    form.add_error(field if field in form.fields else None, str(refusal))


def _form(
    request: HttpRequest,
    form: AddressForm,
    *,
    address: Address | None = None,
    pasted: AddressLineForm | None = None,
) -> HttpResponse:
    has_errors = "fill" not in request.POST and form.is_bound and bool(form.errors)
    context = {
        "tab": "me",
        "form": form,
        "address": address,
        "pasted": pasted,
        "show_errors": has_errors,
    }
    return render(request, "members/address_form.html", context, status=422 if has_errors else 200)
