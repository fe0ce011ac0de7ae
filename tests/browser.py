"""A real Chromium for the pages: mark such a test `browser` and take `phone` or `desktop`.

Both pages fail their test when the browser reports an error or asks any other host for
anything: the product has to work where the internet does not reach.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright
from pytest_django.live_server_helper import LiveServer

from tests import chromium


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests of this process."""
    # Playwright runs an event loop in this thread, where Django then suspects every query.
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    try:
        with sync_playwright() as playwright:
            launched = playwright.chromium.launch(
                executable_path=chromium.ensure(),
                args=["--no-sandbox"] if os.geteuid() == 0 else [],
            )
            yield launched
            launched.close()
    finally:
        if before is None:
            del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def phone(browser: Browser, live_server: LiveServer) -> Iterator[Page]:
    """A page of 390 × 844, as most members see it; addresses are relative to the live server."""
    with _page(browser, live_server, width=390, height=844) as page:
        yield page


@pytest.fixture
def desktop(browser: Browser, live_server: LiveServer) -> Iterator[Page]:
    """A page of 1366 × 768, as most of the staff see it."""
    with _page(browser, live_server, width=1366, height=768) as page:
        yield page


@pytest.fixture
def narrow(browser: Browser, live_server: LiveServer) -> Iterator[Page]:
    """The narrowest phone that counts, with scripts switched off."""
    context = browser.new_context(
        base_url=live_server.url,
        viewport={"width": 320, "height": 640},
        java_script_enabled=False,
    )
    yield context.new_page()
    context.close()


@contextmanager
def _page(browser: Browser, live_server: LiveServer, *, width: int, height: int) -> Iterator[Page]:
    context = browser.new_context(
        base_url=live_server.url,
        viewport={"width": width, "height": height},
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
    )
    complaints: list[str] = []

    def console(message: ConsoleMessage) -> None:
        if message.type == "error":
            complaints.append(message.text)

    def request(asked: Request) -> None:
        if not asked.url.startswith((live_server.url, "data:", "blob:")):
            complaints.append(f"asked another host: {asked.url}")

    page = context.new_page()
    page.set_default_timeout(10_000)
    page.on("console", console)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", request)
    yield page
    context.close()
    if complaints:
        pytest.fail("the browser complained:\n" + "\n".join(complaints))
