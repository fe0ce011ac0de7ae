"""What a merchant may write, and what is refused when it is saved."""

from typing import Any

import pytest

from notifications import exceptions
from notifications.models import Notice
from notifications.policies import kinds, provider
from notifications.services import template_checks
from notifications.services.wordings import WORDINGS
from stores.exceptions import Refusal


def check(**values: Any) -> None:
    template_checks.check(
        **{
            "kind": "points_expiring",
            "event": "",
            "channel": "sms",
            "body": "",
            "subject": "",
            "provider_template": "",
            **values,
        }
    )


@pytest.mark.parametrize(
    "values",
    [
        {"body": "{points} by {day} {{sale}} 100 %"},
        {"body": "", "subject": "{points}"},
        {"provider_template": "SMS_123456789:points+day"},
        {"provider_template": "SMS_123456789"},
        {"provider_template": "SMS_123456789:sum=points+day"},
        {"provider_template": "abc-_Z:number1=points+date2=day", "channel": "wechat"},
        {"kind": "redemption", "event": "shipped", "body": "{waybill}"},
        {"kind": "redemption", "body": "{reward}"},
    ],
)
def test_good_words_are_taken(values: dict[str, Any]) -> None:
    check(**values)


@pytest.mark.parametrize(
    ("values", "code", "field"),
    [
        ({"body": "{point}"}, "placeholder_unknown", "body"),
        ({"subject": "{waybill}"}, "placeholder_unknown", "subject"),
        ({"body": "{points"}, "wording_broken", "body"),
        ({"body": "points}"}, "wording_broken", "body"),
        ({"body": "{}"}, "wording_broken", "body"),
        ({"body": "{0}"}, "wording_broken", "body"),
        ({"body": "{points.__class__}"}, "wording_broken", "body"),
        ({"body": "{points[0]}"}, "wording_broken", "body"),
        ({"body": "{points!r}"}, "wording_broken", "body"),
        ({"body": "{points:>99999}"}, "wording_broken", "body"),
        ({"body": "{ points }"}, "wording_broken", "body"),
        ({"kind": "redemption", "body": "{waybill}"}, "placeholder_unknown", "body"),
        ({"kind": "redemption", "event": "lost"}, "event_unknown", "event"),
        ({"kind": "nothing"}, "event_unknown", "event"),
        ({"provider_template": "SMS 1:points"}, "provider_template_invalid", "provider_template"),
        ({"provider_template": "SMS_1:"}, "provider_template_invalid", "provider_template"),
        ({"provider_template": "SMS_1:waybill"}, "placeholder_unknown", "provider_template"),
        (
            {"provider_template": "ID", "channel": "wechat"},
            "provider_template_invalid",
            "provider_template",
        ),
        (
            {"provider_template": "ID:points", "channel": "wechat"},
            "provider_template_invalid",
            "provider_template",
        ),
        (
            {"provider_template": "ID:cup1=points", "channel": "wechat"},
            "provider_template_invalid",
            "provider_template",
        ),
        (
            {"provider_template": "SMS_1", "channel": "email"},
            "provider_template_invalid",
            "provider_template",
        ),
    ],
)
def test_words_that_could_not_be_sent_are_refused(
    values: dict[str, Any], code: str, field: str
) -> None:
    with pytest.raises(Refusal) as refusal:
        check(**values)
    assert (refusal.value.code, refusal.value.field) == (code, field)
    assert str(refusal.value)


def test_preview_shows_sample_values_in_the_language_of_the_wording() -> None:
    shown = template_checks.preview(
        kind="points_expiring", event="", channel="sms", language="en", body="{points}, {yuan}"
    )
    assert (shown.title, shown.body, shown.note) == ("1,200 points expire soon", "1,200, 12.00", "")
    with pytest.raises(exceptions.PlaceholderUnknown):
        template_checks.preview(
            kind="tier", event="up", channel="sms", language="en", body="{points}"
        )


@pytest.mark.parametrize("kind", kinds.KINDS)
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_event_has_a_preview(kind: str, language: str) -> None:
    for event in kinds.KINDS[kind].events:
        shown = template_checks.preview(kind=kind, event=event, channel="inbox", language=language)
        assert shown.title
        assert "{" not in shown.title + shown.body
        assert "—" not in shown.title + shown.body


def test_catalogue_words_and_samples_name_the_same() -> None:
    assert set(kinds.KINDS) == set(Notice.Kind.values)
    assert {(kind.name, event) for kind in kinds.KINDS.values() for event in kind.events} == set(
        WORDINGS
    )
    assert set(template_checks.SAMPLES) == set(kinds.PLACEHOLDERS)


@pytest.mark.parametrize(
    ("field", "value", "fitted"),
    [
        (
            "thing1",
            "二十个字符以内的一段话二十个字符以内的一段话",
            "二十个字符以内的一段话二十个字符以内的…",
        ),
        ("thing1", "短\n话", "短 话"),
        ("number2", "1,200", "1200"),
        ("number2", "12.5", "12.5"),
        ("date3", "2026-12-01", "2026年12月1日"),
        ("time3", "2026-12-01", "2026年12月1日"),
        ("amount4", "12.00", "¥12.00"),
        ("amount4", "¥1,200.00", "¥1200.00"),
        ("phrase5", "已发货，请查收吧", "已发货请查"),
        ("character_string6", "R2026 1122—7", "R202611227"),
        ("name7", "林小雨", "林小雨"),
        ("phone_number8", "138****8000", "1388000"),
    ],
)
def test_values_take_the_form_of_their_field(field: str, value: str, fitted: str) -> None:
    assert provider.fitted(field, value) == fitted


@pytest.mark.parametrize(
    ("field", "value"),
    [("number1", "many"), ("date1", "soon"), ("amount1", "free"), ("phrase1", "abc"), ("x", "y")],
)
def test_values_that_fit_in_no_form_are_told(field: str, value: str) -> None:
    with pytest.raises(provider.DoesNotFit):
        provider.fitted(field, value)
