"""The desk: nothing there is a form, and every answer of the site tells browsers what not to do."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.models import Group
from django.test import Client

from tests.factories.people import make_person
from tests.factories.sessions import browser
from wallet_project.lib.admin import ReadOnlyAdmin

GUARDED = {
    "Content-Security-Policy": "default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=()",
}


def test_no_page_of_the_desk_edits_a_row() -> None:
    """Whoever may change rows there could change an address or delete a second factor beside every service."""
    assert {
        model.__name__ for model, page in admin.site._registry.items() if not isinstance(page, ReadOnlyAdmin)
    } == set()
    for borrowed in (EmailAddress, Authenticator, Group):
        assert not admin.site.is_registered(borrowed)


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/admin/", "/admin/login/", "/admin/accounts/user/", "/admin/transfers/transfer/"])
def test_a_customer_gets_nothing_there(path: str) -> None:
    web = browser(make_person("mallory"))
    answers = [web.get(path, follow=True), web.post(path, {"action": "release", "_selected_action": "1"}, follow=True)]
    assert [answer.status_code for answer in answers] == [403, 403]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/nowhere/"),
        ("GET", "/home/"),
        ("GET", "/home"),
        ("GET", "/account/login/"),
        ("GET", "/admin/"),
        ("GET", "/api/v1/me/"),
        ("GET", "/api/v1/docs/"),
        ("POST", "/webhooks/stripe/"),
        ("GET", "/healthz"),
        ("HEAD", "/static/css/tokens.css"),
        ("GET", "/static/nowhere.css"),
        ("DELETE", "/send/"),
    ],
)
def test_every_answer_carries_the_headers(method: str, path: str) -> None:
    answer = Client().generic(method, path)
    told = {name: answer.headers.get(name, "") for name in GUARDED}
    assert {name: said for name, said in told.items() if GUARDED[name] not in said} == {}
    policy = answer.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "no-store" in answer.headers["Cache-Control"] or path.startswith("/static/")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["/home/", "/activity/", "/settings/", "/security/", "/send/", "/add-money/", "/help/"]
)
def test_nothing_behind_the_sign_in_is_kept_by_a_browser(alice: Any, path: str) -> None:
    answer = browser(alice).get(path)
    assert answer.status_code == 200
    assert "no-store" in answer.headers["Cache-Control"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "to", ["//evil.test/", "https://evil.test/", "/\\evil.test", "\t//evil.test", "javascript:alert(1)"]
)
def test_nobody_is_led_elsewhere(alice: Any, to: str) -> None:
    web = browser(alice)
    sent = [
        web.post("/theme/", {"theme": "dark", "next": to}),
        web.post("/i18n/setlang/", {"language": "en", "next": to}),
        Client().post("/account/login/", {"login": "alice@example.com", "password": "calm-heron-reads-42", "next": to}),
    ]
    for answer in sent:
        assert answer.status_code == 302
        assert "evil" not in answer.headers["Location"]
        assert "script" not in answer.headers["Location"]
    asked = web.get("/security/pin/", {"next": to}).content.decode()
    assert "evil" not in asked
    assert "javascript:" not in asked
