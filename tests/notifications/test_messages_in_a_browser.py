"""The inbox and the settings of messages on the narrowest phone, with scripts switched off."""

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from notifications.models import Preference
from tests import cast
from tests.notifications.making import letters_to

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_messages_are_read_and_settings_saved_without_scripts(
    narrow: Page, live_server: LiveServer
) -> None:
    lin = cast.member()
    letters_to(lin)
    cast.arrive(narrow, lin, live_server)
    narrow.context.add_cookies(
        [{"name": "django_language", "value": "zh-hans", "url": live_server.url}]
    )
    narrow.goto("/")
    expect(narrow.locator(".bell__count")).to_contain_text("2")
    narrow.locator(".bell").click()
    expect(narrow.locator(".row--unread")).to_have_count(2)
    narrow.locator(".row--unread").first.click()
    expect(narrow.get_by_role("link", name="查看详情")).to_be_visible()
    narrow.get_by_role("link", name="全部消息").click()
    expect(narrow.locator(".row--unread")).to_have_count(1)
    narrow.get_by_role("button", name="全部已读").click()
    expect(narrow.locator(".row--unread")).to_have_count(0)
    narrow.get_by_role("link", name="消息设置").click()
    narrow.locator("input[name='points_expiring.sms']").uncheck()
    narrow.get_by_label("免打扰开始").fill("21:00")
    narrow.get_by_role("button", name="保存").click()
    expect(narrow.get_by_role("alert")).to_be_visible()
    expect(narrow.locator("input[name='points_expiring.sms']")).not_to_be_checked()
    narrow.get_by_label("免打扰结束").fill("09:00")
    narrow.get_by_role("button", name="保存").click()
    expect(narrow.get_by_text("已保存")).to_be_visible()
    assert Preference.objects.get().is_on is False
