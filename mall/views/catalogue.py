"""The catalogue's pages: the mall's front, lists, one reward, the wish list. Guests may look."""

from collections.abc import Sequence
from datetime import datetime
from itertools import chain

from django.core.paginator import EmptyPage, Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from mall.forms.browsing import CatalogueForm
from mall.models import Shelf
from mall.selectors import catalogue, shelving, visitors
from mall.selectors.cards import Card
from mall.selectors.catalogue import Asked
from mall.selectors.visitors import Visitor
from mall.services import deliveries, wishes
from members.models import Member
from members.views.visitors import member_of, member_required, target
from stores.exceptions import Refusal

PAGE = 20
_IN_A_ROW = 8
_LIMITED = 4


@require_safe
@never_cache
def home(request: HttpRequest) -> HttpResponse:
    """The front of the mall: what is limited, what I can have, shelves, popular, new, wished."""
    now = timezone.now()
    who = _visitor(request, now)
    parts = {
        "limited": Asked(is_limited=True, sort="popular"),
        "affordable": Asked(is_affordable=True, sort="popular"),
        "popular": Asked(sort="popular"),
        "new": Asked(sort="new"),
        "wished": Asked(is_wished=True),
    }
    if who.member_id is None:
        del parts["affordable"], parts["wished"]
    rows = {
        name: list(
            catalogue.ids(who, asked, at=now)[: _LIMITED if name == "limited" else _IN_A_ROW]
        )
        for name, asked in parts.items()
    }
    context = {
        "tab": "mall",
        "who": who,
        "now": now,
        "categories": shelving.categories(),
        "shelves": [(shelf, _is_open(who, shelf)) for shelf in shelving.shelves()],
        "sections": _sections(who, rows, at=now),
    }
    return render(request, "mall/home.html", context)


@require_safe
@never_cache
def rewards(request: HttpRequest) -> HttpResponse:
    """A list: words, chips, a sheet of filters, an order. What is not understood narrows not."""
    now = timezone.now()
    who = _visitor(request, now)
    form = CatalogueForm(request.GET)
    asked = form.asked()
    paginator = Paginator(catalogue.ids(who, asked, at=now), PAGE)
    try:
        page = paginator.page(form.cleaned_data.get("page") or 1)
    except EmptyPage as error:
        raise Http404 from error
    context = {
        "tab": "mall",
        "who": who,
        "now": now,
        "form": form,
        "asked": asked,
        "page": page,
        "cards": catalogue.cards(who, list(page.object_list), at=now),
        "shelf": next((one for one in form.shelves if one.code == asked.shelf), None),
    }
    return render(request, "mall/rewards.html", context)


@require_safe
@never_cache
def reward(request: HttpRequest, code: str) -> HttpResponse:
    """One reward: what it is, what it costs me, and what stands in the way."""
    now = timezone.now()
    card = card_or_404(request, code, now)
    context = {
        "tab": "mall",
        "card": card,
        "reward": card.reward,
        "now": now,
        "pictures": list(card.reward.pictures.all()),
        "stores": list(card.reward.stores.all()),
        "ways": deliveries.ways_of(card.reward),
        "after": card.available - card.price.points,
        "refused": request.GET.get("full") == "1",
    }
    return render(request, "mall/reward.html", context)


@require_POST
@member_required
def wish(request: HttpRequest, member: Member, code: str) -> HttpResponse:
    """Put it on the wish list, or take it off."""
    page = redirect("mall:reward", code=code)
    back = HttpResponseRedirect(target(request)) if "next" in request.POST else page
    if request.POST.get("on") != "1":
        wishes.remove(member_id=member.pk, reward_code=code)
        return back
    now = timezone.now()
    card = card_or_404(request, code, now)
    try:
        wishes.add(member_id=member.pk, reward=card.reward, at=now)
    except Refusal:
        return HttpResponseRedirect(f"{page.url}?full=1")
    return back


@require_safe
@member_required
def wish_list(request: HttpRequest, member: Member) -> HttpResponse:
    now = timezone.now()
    who = visitors.visitor(member.pk, at=now)
    found = list(catalogue.ids(who, Asked(is_wished=True), at=now))
    paginator = Paginator(found, PAGE)
    page = paginator.get_page(request.GET.get("page"))
    context = {
        "tab": "mall",
        "who": who,
        "now": now,
        "page": page,
        "cards": catalogue.cards(who, list(page.object_list), at=now),
    }
    return render(request, "mall/wishes.html", context)


def card_or_404(request: HttpRequest, code: str, now: datetime) -> Card:
    card = catalogue.card(_visitor(request, now), code, at=now)
    if card is None:
        raise Http404
    return card


def _visitor(request: HttpRequest, now: datetime) -> Visitor:
    member = member_of(request)
    return visitors.visitor(member.pk if member else None, at=now)


def _is_open(who: Visitor, shelf: Shelf) -> bool:
    if shelf.level is None:
        return True
    return who.member_id is not None and who.rank is not None and who.rank >= shelf.level.rank


def _sections(
    who: Visitor, rows: dict[str, list[int]], *, at: datetime
) -> dict[str, Sequence[Card]]:
    """The cards of every section, fetched once however often a reward appears."""
    wanted = list(dict.fromkeys(chain.from_iterable(rows.values())))
    by_id = {card.reward.pk: card for card in catalogue.cards(who, wanted, at=at)}
    return {name: [by_id[pk] for pk in found] for name, found in rows.items()}
