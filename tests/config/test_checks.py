from django.db import connection
from pytest_django.fixtures import Settings

from config.checks import trial_parts_in_service


def test_trial_parts_are_named_when_in_service(settings: Settings) -> None:
    settings.DEBUG = False
    settings.REDIS_URL = ""
    trial_database = ["config.W001"] if connection.vendor == "sqlite" else []
    found = [problem.id for problem in trial_parts_in_service(None)]
    assert found == [*trial_database, "config.W002"]


def test_nothing_to_say_in_a_trial(settings: Settings) -> None:
    settings.DEBUG = True
    assert trial_parts_in_service(None) == []
