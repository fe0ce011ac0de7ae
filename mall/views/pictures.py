"""The pictures of rewards. Their names are random and their content never changes."""

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from mall.services import gallery


@require_safe
def picture(request: HttpRequest, name: str, width: int) -> HttpResponse:
    content = gallery.read(name, width)
    if content is None:
        raise Http404
    return HttpResponse(
        content,
        content_type="image/webp",
        headers={"Cache-Control": "public, max-age=31536000, immutable"},
    )
