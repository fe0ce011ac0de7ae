import pytest
from playwright.sync_api import Page


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_back_office_signs_in_in_chinese(desktop: Page) -> None:
    desktop.goto("/admin/")
    desktop.wait_for_url("**/admin/login/**")
    assert desktop.locator("html").get_attribute("lang") == "zh-hans"
    assert desktop.get_by_role("button").first.is_visible()
