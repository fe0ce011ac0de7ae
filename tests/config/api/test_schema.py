"""OpenAPI is complete, valid, and served without the internet."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLResolver, get_resolver
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema
from rest_framework.views import APIView

pytestmark = pytest.mark.django_db


def _routes(resolver: URLResolver, prefix: str = "/") -> Iterator[tuple[str, type[APIView]]]:
    for pattern in resolver.url_patterns:
        path = f"{prefix}{pattern.pattern}"
        if isinstance(pattern, URLResolver):
            yield from _routes(pattern, path)
        elif path.startswith("/api/v1/"):
            view: Any = getattr(pattern.callback, "view_class", None)
            if view is not None:
                yield path, view


def _schema() -> dict[str, Any]:
    GENERATOR_STATS.reset()
    generator = SchemaGenerator()  # type: ignore[no-untyped-call]
    schema: dict[str, Any] = generator.get_schema(  # type: ignore[no-untyped-call]
        request=None, public=True
    )
    return schema


def _plain(path: str) -> str:
    """`/me/entries/<int:entry_id>` as OpenAPI writes it, names of parameters left out."""
    return re.sub(r"<[^>]*>|\{[^}]*\}", "{}", path)


def test_every_route_is_in_the_schema() -> None:
    schema = _schema()
    described = {
        (_plain(path), method.upper())
        for path, operations in schema["paths"].items()
        for method in operations
    }
    served = {
        (_plain(path), method.upper())
        for path, view in _routes(get_resolver())
        for method in ("get", "post", "put", "patch", "delete")
        if hasattr(view, method)
    }
    assert served == described
    assert ("/api/v1/me/entries", "GET") in served


def test_schema_is_valid_and_says_what_errors_look_like() -> None:
    schema = _schema()
    assert not GENERATOR_STATS, "nothing had to be guessed"
    validate_schema(schema)  # type: ignore[no-untyped-call]
    assert set(schema["components"]["schemas"]["Error"]["required"]) == {"code", "message"}


def test_schema_and_docs_are_served(client: Client) -> None:
    assert client.get("/api/schema/").status_code == 200
    docs = client.get("/api/docs/")
    assert docs.status_code == 200
    assert b"//cdn" not in docs.content
    assert b"<style" not in docs.content
