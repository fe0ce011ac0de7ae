"""Who made a row, by name: for every list in the back office whose rows carry an actor."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.views import ChangeList

from members.admin.base import ReadOnlyAdmin
from points.selectors import labels
from stores.admin.base import BoundedChangeList


class ShowsActor(ReadOnlyAdmin):
    """The page of one row says who made it: `actor_name` among its fields."""

    @display(description=_("made by"))
    def actor_name(self, row: Any) -> str:
        # Kept with the row: the theme asks for every field of a page several times.
        if not hasattr(row, "actor_label"):
            row.actor_label = labels.actor(row.actor)
        return str(row.actor_label)


class ActorChangeList(BoundedChangeList):
    """Looks up the names of a page's actors together."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        names = labels.actors(row.actor for row in self.result_list)
        for row in self.result_list:
            row.actor_label = names[row.actor]


class ListsActors(ShowsActor):
    """The list says it too: `actor_name` among its columns."""

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return ActorChangeList
