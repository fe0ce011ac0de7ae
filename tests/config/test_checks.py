import pytest
from django.db import connection
from pytest_django.fixtures import Settings

from config.checks import services_without_keys, trial_parts_in_service


def test_trial_parts_are_named_when_in_service(settings: Settings) -> None:
    settings.DEBUG = False
    settings.REDIS_URL = ""
    trial_database = ["config.W001"] if connection.vendor == "sqlite" else []
    found = [problem.id for problem in trial_parts_in_service(None)]
    assert found == [*trial_database, "config.W002"]


def test_nothing_to_say_in_a_trial(settings: Settings) -> None:
    settings.DEBUG = True
    assert trial_parts_in_service(None) == []


ALIYUN = "notifications.services.aliyun.send"
SMTP = "notifications.services.smtp.send"
MAIL = {"EMAIL_HOST": "mail.example.com", "DEFAULT_FROM_EMAIL": "points@example.com"}
WECHAT = "notifications.services.wechat_message.send"
KEYS = {
    "ALIYUN_SMS_KEY_ID": "x",
    "ALIYUN_SMS_KEY_SECRET": "x",
    "ALIYUN_SMS_SIGN_NAME": "x",
    "ALIYUN_SMS_TEMPLATES": {"sign_in_code": "SMS_1"},
}


@pytest.mark.parametrize(
    ("chosen", "found"),
    [
        ({}, []),
        ({"SMS_GATEWAY": ALIYUN}, ["config.E001"] * 4),
        ({"SMS_GATEWAY": ALIYUN, **KEYS}, []),
        (
            {"SMS_GATEWAY": ALIYUN, **KEYS, "ALIYUN_SMS_TEMPLATES": {"other": "SMS_2"}},
            ["config.E002"],
        ),
        ({"SMS_GATEWAY": "nowhere.at_all"}, ["config.E006"]),
        ({"EMAIL_GATEWAY": "notifications.services.gateways"}, ["config.E006"]),
        ({"EMAIL_GATEWAY": ""}, []),
        ({"EMAIL_GATEWAY": SMTP}, ["config.E004"] * 2),
        ({"EMAIL_GATEWAY": SMTP, **MAIL}, []),
        (
            {
                "EMAIL_GATEWAY": SMTP,
                **MAIL,
                "EMAIL_HOST_USER": "x",
                "EMAIL_USE_TLS": False,
                "EMAIL_USE_SSL": False,
            },
            ["config.W004"],
        ),
        ({"WECHAT_MESSAGE_GATEWAY": WECHAT}, ["config.E005"]),
        ({"WECHAT_CLIENT": "x"}, ["config.E003"] * 2),
        ({"WECHAT_CLIENT": "x", "WECHAT_APP_ID": "x", "WECHAT_APP_SECRET": "x"}, []),
        (
            {
                "WECHAT_CLIENT": "x",
                "WECHAT_APP_ID": "x",
                "WECHAT_APP_SECRET": "x",
                "WECHAT_API_BASE": "http://127.0.0.1:8090",
            },
            ["config.W003"],
        ),
    ],
)
def test_chosen_provider_needs_its_keys(
    settings: Settings, chosen: dict[str, object], found: list[str]
) -> None:
    for name, value in chosen.items():
        setattr(settings, name, value)
    assert [problem.id for problem in services_without_keys(None)] == found
