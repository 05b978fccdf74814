"""A running copy as a browser meets it before anybody has signed in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from tests.servers import WalletServer

pytestmark = pytest.mark.browser

POLICY = (
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "form-action 'self'", "base-uri 'none'",
    "frame-ancestors 'none'", "report-uri /csp-report/",
)  # fmt: skip


def test_it_is_ready(wallet_server: WalletServer) -> None:
    answer = requests.get(f"{wallet_server.url}/readyz", timeout=10)
    checks = {"database": True, "broker": True, "migrations": True, "database_checks": True}
    assert answer.json() == {"status": "ok", "checks": checks}


@pytest.mark.parametrize("phone", [True, False], ids=["phone", "desktop"])
@pytest.mark.parametrize("path", ["/", "/account/login/", "/account/signup/", "/admin/", "/api/v1/docs/"])
def test_a_page_keeps_its_strict_policy_and_fits(
    wallet_server: WalletServer, open_page: Callable[..., Page], path: str, phone: bool
) -> None:
    page = open_page(phone=phone)
    answer = page.goto(f"{wallet_server.url}{path}")
    assert answer is not None
    assert answer.status == 200
    policy = answer.headers["content-security-policy"]
    assert [part for part in POLICY if part not in policy] == []
    assert "unsafe" not in policy
    assert answer.headers["x-request-id"]
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0
