"""Bytes no client of ours sends: a clear refusal from every door, never an error of ours."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.test import Client

from tests.factories.sessions import app_token, browser

if TYPE_CHECKING:
    from accounts.identity.models import User

pytestmark = pytest.mark.django_db

DEEP = b"[" * 50_000
HALF = rb'{"email":"a@example.com","phone":"","password":"\ud800-long-enough-for-us"}'
SIGN_IN = "/_allauth/app/v1/auth"


@pytest.fixture(autouse=True)
def fresh_limits(settings: Any) -> None:
    settings.RATELIMIT_PREFIX = f"test:{uuid4()}"


@pytest.fixture
def stranger() -> Client:
    """Sees what a browser sees: an error page, not our exception."""
    return Client(raise_request_exception=False)


def cursor(value: Any) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


CURSORS = [
    {"at": "9999-12-31T23:59:59-23:59", "id": "0" * 32},
    {"at": "0001-01-01T00:00:00+23:59", "id": "0" * 32},
    {"at": "2026-01-01T00:00:00", "id": "0" * 32},
    {"at": 5, "id": 5},
    {"at": None, "id": None},
    {},
    b"[" * 5_000,
    b'{"at":"\\ud800","id":"\\ud800"}',
    b"[1]",
    b"\xff",
]


@pytest.mark.parametrize("value", CURSORS, ids=lambda value: str(value)[:30])
@pytest.mark.parametrize("place", ["/api/v1/activity/", "/api/v1/notifications/", "/api/v1/payees/", "pages"])
def test_a_cursor_we_did_not_make(alice: User, stranger: Client, place: str, value: Any) -> None:
    if place == "pages":
        web = browser(alice)
        web.raise_request_exception = False
        answers = [web.get(path, {"cursor": cursor(value)}) for path in ("/activity/", "/notifications/")]
    else:
        headers = {"X-Session-Token": app_token(alice)}
        answers = [stranger.get(place, {"cursor": cursor(value)}, headers=headers)]
    assert [answer.status_code for answer in answers] == [400] * len(answers)


@pytest.mark.parametrize(
    "body", [DEEP, b'{"email":' + DEEP, HALF, b"\xff", b'{"email":NaN}'], ids=lambda body: body[:25]
)
@pytest.mark.parametrize(
    "door", ["login", "signup", "password/request", "code/request", "code/confirm", "email/verify"]
)
def test_a_sign_in_that_is_no_json(stranger: Client, door: str, body: bytes) -> None:
    answer = stranger.post(f"{SIGN_IN}/{door}", body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


@pytest.mark.parametrize("body", [{}, {"email": ""}, {"email": " ", "phone": None}, {"email": {}}, {"phone": []}])
def test_a_sign_in_code_for_nobody(stranger: Client, body: dict[str, Any]) -> None:
    answer = stranger.post(f"{SIGN_IN}/code/request", body, content_type="application/json")
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "body",
    [DEEP[:8_000], b'{"csp-report":' + DEEP[:4_000], b"\xff", b"[]", rb'{"csp-report":{"document-uri":"\ud800"}}'],
    ids=lambda body: body[:20],
)
def test_a_report_that_is_none(stranger: Client, body: bytes) -> None:
    assert stranger.post("/csp-report/", body, content_type="application/csp-report").status_code == 400


@pytest.mark.parametrize("page", ["amount", "review"])
def test_a_draft_whose_id_holds_a_nul(alice: User, page: str) -> None:
    web = browser(alice)
    web.raise_request_exception = False
    assert web.get(f"/send/abc%00/{page}/").status_code == 404
    assert web.post(f"/send/abc%00/{page}/", {"amount": "1"}).status_code == 404
