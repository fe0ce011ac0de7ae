"""Fixtures that every test may use. People and money are made in each app's own factories."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection, transaction
from django.utils import translation
from django.utils.translation.reloader import translation_file_changed

from config import translations
from tests.browser import browser, desktop, narrow, phone

__all__ = ["browser", "desktop", "narrow", "phone"]  # fixtures for every test


def pytest_configure(config: pytest.Config) -> None:
    """Make the product speak Chinese: compiled catalogues are not kept in the repository."""
    if not hasattr(config, "workerinput"):  # once, not in every process of xdist
        translations.compile_catalogues(settings.BASE_DIR)
    # Django has read the old one, or none, while it was set up.
    translation_file_changed(sender=None, file_path=Path("django.mo"))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out, rather than skip, what this database cannot show or nobody asked for.

    A test marked `postgresql` runs on PostgreSQL only; one in a browser, which looks at pages and
    not at a database, on SQLite only unless `-m` names it; `long`, `rounds` and `faults` run when
    `-m` names them. `make test` runs both databases, so nothing falls between.
    """
    asked = str(config.getoption("-m"))
    unwanted = {mark for mark in ("long", "rounds", "faults") if mark not in asked}
    if connection.vendor != "postgresql":
        unwanted.add("postgresql")
    elif "browser" not in asked:
        unwanted.add("browser")
    left_out = [item for item in items if any(item.get_closest_marker(m) for m in unwanted)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        gone = set(left_out)
        items[:] = [item for item in items if item not in gone]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say the figures that tests have measured (`record_property`)."""
    for report in terminalreporter.getreports("passed"):
        if report.when == "call" and report.user_properties:
            figures = ", ".join(f"{name} {value}" for name, value in report.user_properties)
            terminalreporter.write_line(f"{report.nodeid.rpartition('::')[2]}: {figures}")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Keep SQLite in a file: threads of an in-memory database share one connection and no locks."""
    if connection.vendor == "sqlite":
        path = tmp_path_factory.mktemp("database") / "test.sqlite3"
        connection.settings_dict["TEST"]["NAME"] = str(path)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Let the tests, and only the tests, empty the tables whose triggers refuse just that."""
    operations = type(connection.ops)
    original = operations.execute_sql_flush
    operations.execute_sql_flush = _flush_past_the_triggers  # type: ignore[method-assign]
    yield
    operations.execute_sql_flush = original  # type: ignore[method-assign]
    with django_db_blocker.unblock():
        _let_go()


def _let_go() -> None:
    """End what still holds the test database: a browser keeps its connections to the live server,
    and the server keeps one to the database for each. Dropping it would fail now and then."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


def _flush_past_the_triggers(self: Any, sql_list: Iterable[str]) -> None:
    with transaction.atomic(using=self.connection.alias), self.connection.cursor() as cursor:
        if self.connection.vendor == "postgresql":
            cursor.execute("SET LOCAL session_replication_role = replica")
            triggers = []
        else:
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            triggers = cursor.fetchall()
        for name, _ in triggers:
            cursor.execute(f'DROP TRIGGER "{name}"')
        for sql in sql_list:
            cursor.execute(sql)
        for _, sql in triggers:
            cursor.execute(sql)


@pytest.fixture(autouse=True)
def _fresh_cache() -> None:
    cache.clear()


@pytest.fixture(autouse=True)
def _house_language() -> None:
    """A request leaves its language behind; the next test begins in the house's own again."""
    translation.activate(settings.LANGUAGE_CODE)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The public receipts that the acceptance tests replay; without them the tests fail."""
    path: Path = settings.BASE_DIR.parent / "shared" / "data"
    assert path.is_dir(), f"the shared data is missing: {path}"
    return path
