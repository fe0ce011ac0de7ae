"""What people see when something is not as it should be."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path

import config.urls

pytestmark = pytest.mark.django_db


def raising(error: Exception) -> Any:
    def view(request: HttpRequest) -> HttpResponse:
        raise error

    return view


ERRORS = {
    "bug": ZeroDivisionError(),
    "outage": OperationalError("the database is gone"),
    "denied": PermissionDenied(),
    "odd": SuspiciousOperation(),
}
urlpatterns = [
    *(
        path(f"{prefix}{name}", raising(error))
        for name, error in ERRORS.items()
        for prefix in ("", "api/")
    ),
    *config.urls.urlpatterns,
]
handler400 = config.urls.handler400
handler403 = config.urls.handler403
handler404 = config.urls.handler404
handler500 = config.urls.handler500


@pytest.fixture
def visitor() -> Any:
    with override_settings(ROOT_URLCONF=__name__):
        yield Client(raise_request_exception=False)


@pytest.mark.parametrize(
    ("address", "status", "sentence"),
    [
        ("nothing", 404, "页面不存在"),
        ("denied", 403, "您无权打开此页面"),
        ("odd", 400, "无法理解该请求"),
        ("bug", 500, "我们这边出了点问题"),
        ("outage", 503, "服务暂时不可用"),
    ],
)
def test_page_says_what_happened(visitor: Client, address: str, status: int, sentence: str) -> None:
    answer = visitor.get(f"/{address}")
    assert answer.status_code == status
    assert sentence in answer.content.decode()
    assert "返回首页" in answer.content.decode()


@pytest.mark.parametrize(
    ("address", "status", "code"),
    [
        ("nothing", 404, "not_found"),
        ("denied", 403, "permission_denied"),
        ("odd", 400, "bad_request"),
        ("bug", 500, "server_error"),
        ("outage", 503, "unavailable"),
    ],
)
def test_api_says_it_in_json(visitor: Client, address: str, status: int, code: str) -> None:
    answer = visitor.get(f"/api/{address}")
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_outage_says_when_to_come_back(visitor: Client) -> None:
    assert visitor.get("/outage")["Retry-After"] == "5"
    assert "Retry-After" not in visitor.get("/bug")


def test_form_without_its_token_is_explained() -> None:
    answer = Client(enforce_csrf_checks=True).post("/sign-in/", {"phone": "13800138000"})
    assert answer.status_code == 403
    assert "此表单已过期" in answer.content.decode()


def test_guessing_a_staff_password_is_stopped_with_a_page() -> None:
    User.objects.create_superuser("boss", password="right")
    client = Client()
    form = {"username": "boss", "password": "wrong"}
    statuses = [client.post("/admin/login/", form).status_code for _guess in range(6)]
    assert statuses[-1] == 429
    answer = client.post("/admin/login/", form | {"password": "right"})
    assert answer.status_code == 429
    assert "操作过于频繁" in answer.content.decode()
