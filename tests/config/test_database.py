"""The tests run on the database that they were asked to run on, and it is set up as we say."""

import os

import pytest
from django.db import connection

pytestmark = pytest.mark.django_db


def test_database_is_the_one_asked_for() -> None:
    """Without this, a server that failed to start would leave a green run on SQLite."""
    assert connection.vendor == os.environ.get("JUDIAN_EXPECT_VENDOR", "sqlite")


@pytest.mark.postgresql
def test_commit_waits_for_its_record() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW synchronous_commit")
        assert cursor.fetchone() == ("on",)


def test_sqlite_writes_ahead_and_lives_in_a_file() -> None:
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA journal_mode")
            assert cursor.fetchone() == ("wal",)
