"""Whether this process lives, and whether it can serve: for a load balancer or an orchestrator."""

from collections.abc import Callable

from django.db import DEFAULT_DB_ALIAS, Error, connections
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse

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


def _answer(body: dict[str, str], *, status: int = 200) -> HttpResponse:
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
