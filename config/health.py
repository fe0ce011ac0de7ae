"""Whether this process lives, and whether it can serve: for a load balancer or an orchestrator."""

from django.db import DEFAULT_DB_ALIAS, Error, connections
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

_migrated = False


@never_cache
@require_safe
def alive(request: HttpRequest) -> JsonResponse:
    """200 while the process answers at all; a failure means: restart it."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """200 when the database answers and has every migration; a failure means: send no visitors."""
    problem = _problem()
    if problem:
        answer = JsonResponse({"status": "unavailable", "reason": problem}, status=503)
        answer["Retry-After"] = "2"
        return answer
    return JsonResponse({"status": "ok"})


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
