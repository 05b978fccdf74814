"""A real Chromium on a running copy: phone and desktop, light and dark, with and without JavaScript.

A page that logs an error, throws, or breaks its content security policy fails its test.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from wallet_project.local.testing.browser import find

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "is_mobile": True, "has_touch": True}
DESKTOP = {"viewport": {"width": 1280, "height": 900}}


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for the run. Playwright keeps an event loop in this thread, so Django must be told not to mind."""
    path = find()
    if not path:
        pytest.fail("No Chromium: bin/test installs one, or set CHROMIUM to a browser's path.")
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"] if os.geteuid() == 0 else [])
        yield chromium
        chromium.close()
    if before is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """``open_page(phone=True, language="en", javascript=True, dark=False)`` is one person's own browser window.

    ``expected`` names parts of console errors that the test provokes on purpose (a 404, a 422).
    """
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def opened(
        *,
        phone: bool = True,
        language: str = "en",
        javascript: bool = True,
        dark: bool = False,
        expected: tuple[str, ...] = (),
    ) -> Page:
        options: dict[str, Any] = dict(PHONE if phone else DESKTOP)
        context = browser.new_context(
            locale=language,
            java_script_enabled=javascript,
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
            timezone_id="Europe/Berlin",
            **options,
        )
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: _complain(message, expected, complaints))
        page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


def _complain(message: ConsoleMessage, expected: tuple[str, ...], complaints: list[str]) -> None:
    if message.type == "error" and not any(part in message.text for part in expected):
        complaints.append(f"{message.location.get('url', '')}: {message.text}")
