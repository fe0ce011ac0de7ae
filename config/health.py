"""Whether this process lives, whether it can serve, and whether the work behind it gets done.

The first two are for a load balancer or an orchestrator, the third (`/statusz`) for a monitor that
wakes somebody: a job that is late is no reason to take the shop's pages down.
"""

import hmac
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, Error, connections
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone

from stores.selectors import health

_migrated = False


class Probes:
    """Answer `/healthz` and `/readyz` before anything else does.

    A probe comes without our host name, without HTTPS and without a session, so it must not pass
    what refuses or redirects such a visitor.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path == "/healthz":
            return _alive()
        if request.path == "/readyz":
            return _ready()
        if request.path == "/statusz":
            return _status(request)
        return self.get_response(request)


def _alive() -> HttpResponse:
    """200 while the process answers at all; a failure means: restart it."""
    return _answer({"status": "ok"})


def _ready() -> HttpResponse:
    """200 when the database answers and has every migration; a failure means: send no visitors."""
    if problem := _problem():
        answer = _answer({"status": "unavailable", "reason": problem}, status=503)
        answer["Retry-After"] = "2"
        return answer
    return _answer({"status": "ok"})


def _status(request: HttpRequest) -> HttpResponse:
    """200 when the work gets done, 503 when somebody should look: jobs late or failed, an audit
    that found something, messages that do not leave. What it is, is told to holders of the token.
    """
    try:
        facts = health.facts(timezone.now())
    except Error:
        return _answer({"status": "unavailable", "reason": "database"}, status=503)
    is_alarm = any(fact.is_alarm for fact in facts)
    body: dict[str, Any] = {"status": "attention" if is_alarm else "ok"}
    if _may_know(request):
        body["checks"] = {fact.code: {"ok": not fact.is_alarm, **fact.detail} for fact in facts}
    return _answer(body, status=503 if is_alarm else 200)


def _may_know(request: HttpRequest) -> bool:
    token = settings.STATUS_TOKEN
    given = request.headers.get("Authorization", "")
    return bool(token) and hmac.compare_digest(given.encode(), f"Bearer {token}".encode())


def _answer(body: dict[str, Any], *, status: int = 200) -> HttpResponse:
    return JsonResponse(body, status=status, headers={"Cache-Control": "no-store"})


def _problem() -> str | None:
    global _migrated  # noqa: PLW0603 — applied migrations stay applied while this process lives
    connection = connections[DEFAULT_DB_ALIAS]
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        if not _migrated:
            executor = MigrationExecutor(connection)
            _migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    except Error:
        return "database"
    return None if _migrated else "migrations"
