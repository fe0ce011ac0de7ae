from django.urls import path, register_converter

from mall.views import pictures

app_name = "mall"


class PictureName:
    """The random part of a path: no dot and no slash can be in it."""

    regex = "[A-Za-z0-9_-]{16,40}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(PictureName, "picture")

urlpatterns = [
    path("mall/pictures/<picture:name>-<int:width>.webp", pictures.picture, name="picture"),
]
