"""Every answer carries the headers of security.md: every address, every method, every status, as in production."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from tests.architecture.test_addresses import SAMPLE
from tests.architecture.walk import addresses
from tests.factories.people import make_person
from tests.factories.sessions import app_token, at_the_desk, browser
from tests.factories.staff import make_officer
from wallet_project.lib import ratelimit

if TYPE_CHECKING:
    from django.http import HttpResponse

pytestmark = pytest.mark.django_db

EXACTLY = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Permitted-Cross-Domain-Policies": "none",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains; preload",
}
POLICY = {
    "default-src": {"'none'"}, "script-src": {"'self'"}, "style-src": {"'self'"}, "img-src": {"'self'"},
    "font-src": {"'self'"}, "connect-src": {"'self'"}, "manifest-src": {"'self'"}, "frame-ancestors": {"'none'"},
    "base-uri": {"'none'"}, "report-uri": {"/csp-report/"},
}  # fmt: skip
ALSO_TO_THE_PROVIDER = ("/add-money/", "/top-ups/")
"""Pages whose form leads to the card provider: ``form-action`` names it too."""

FORBIDDEN = ("Server", "X-Powered-By", "X-Frame-Options: ALLOWALL", "Access-Control-Allow-Origin")
SHARED_CACHE = re.compile(r"public|s-maxage|immutable")
SIGNS_OUT = {"account_logout", "logout"}


@pytest.fixture(autouse=True)
def as_in_production(settings: Any) -> None:
    settings.SECURE_HSTS_SECONDS = 63_072_000
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    settings.SECURE_HSTS_PRELOAD = True
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = settings.LANGUAGE_COOKIE_SECURE = True
    settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME = "__Host-session", "__Host-csrf"
    settings.LANGUAGE_COOKIE_NAME, settings.THEME_COOKIE_NAME = "__Host-language", "__Host-theme"
    settings.RATELIMIT_PREFIX = f"test:{uuid4()}"


def wrong_with(answer: HttpResponse, path: str) -> list[str]:
    """What an answer lacks or says too much, in words; empty is good."""
    told = answer.headers
    found = [f"{name}: {told.get(name)}" for name, value in EXACTLY.items() if told.get(name) != value]
    found += [name for name in FORBIDDEN if name in told]
    if "camera=()" not in told.get("Permissions-Policy", ""):
        found.append("Permissions-Policy")
    policy = {part.split()[0]: set(part.split()[1:]) for part in told.get("Content-Security-Policy", "").split(";")}
    found += [f"{name} {policy.get(name)}" for name, sources in POLICY.items() if policy.get(name) != sources]
    actions = policy.get("form-action", set())
    if "'self'" not in actions or (len(actions) > 1 and not path.startswith(ALSO_TO_THE_PROVIDER)):
        found.append(f"form-action {actions}")
    cache = told.get("Cache-Control", "")
    if "no-store" not in cache or SHARED_CACHE.search(cache):
        found.append(f"Cache-Control: {cache}")
    kind = told.get("Content-Type", "").replace('"', "")
    has_body = answer.streaming or bool(answer.content)
    if has_body and (not kind or (kind.startswith("text/") and "charset=utf-8" not in kind)):
        found.append(f"Content-Type: {kind}")
    if not told.get("X-Request-Id"):
        found.append("X-Request-Id")
    for name, cookie in answer.cookies.items():
        if not (name.startswith("__Host-") and cookie["secure"] and cookie["httponly"] and cookie["samesite"] == "Lax"):
            found.append(f"cookie {name}")
        if cookie["domain"] or cookie["path"] != "/":
            found.append(f"cookie {name} of {cookie['domain']}{cookie['path']}")
    return found


def walk(client: Client, *, headers: dict[str, str] | None = None, under: str = "/") -> tuple[dict[str, Any], set[int]]:
    """Every address with three methods: what was wrong where, and which statuses were met."""
    wrong: dict[str, Any] = {}
    met: set[int] = set()
    for address in addresses():
        if "(?P" in address.route or address.name in SIGNS_OUT or not address.route.startswith(under):
            continue
        path = re.sub(r"<[^>]+>", SAMPLE, address.route)
        for method in ("GET", "POST", "BREW"):
            answer = client.generic(method, path, secure=True, headers=headers or {})
            met.add(answer.status_code)
            if found := wrong_with(answer, path):
                wrong[f"{method} {path} {answer.status_code}"] = found
    return wrong, met


def test_a_stranger_walks_everywhere() -> None:
    wrong, met = walk(Client())
    assert wrong == {}
    assert met >= {200, 302, 400, 401, 404, 405}


def test_a_customer_walks_everywhere() -> None:
    wrong, met = walk(browser(make_person("alice")))
    assert wrong == {}
    assert met >= {200, 302, 404, 405}


def test_an_app_walks_the_api() -> None:
    token = app_token(make_person("alice"))
    wrong, met = walk(Client(), headers={"X-Session-Token": token, "Idempotency-Key": uuid4().hex}, under="/api/")
    assert wrong == {}
    assert met >= {200, 400, 404, 405}


def test_an_officer_walks_the_desk() -> None:
    wrong, met = walk(at_the_desk(make_officer("frank", "compliance_lead")), under="/admin/")
    assert wrong == {}
    assert met >= {200, 302, 403, 404, 405}


class TestEveryStatus:
    def check(self, answer: HttpResponse, path: str = "/") -> int:
        """Nothing is wrong with it; its status."""
        assert wrong_with(answer, path) == []
        return answer.status_code

    def test_400_for_a_strange_host(self, settings: Any) -> None:
        settings.ALLOWED_HOSTS = ["wallet.invalid"]
        for path in ("/", "/home/", "/api/v1/me/", "/static/css/tokens.css", "/healthz"):
            answer = Client(raise_request_exception=False).head(path, secure=True, headers={"Host": "evil.invalid"})
            assert wrong_with(answer, path) == [] or path.startswith("/static/")
            assert answer.status_code in ({200, 400} if path in ("/healthz", "/static/css/tokens.css") else {400})

    def test_301_to_https_names_the_policies_already(self, settings: Any) -> None:
        settings.SECURE_SSL_REDIRECT = True
        answer = Client().get("/account/login/")
        assert answer.status_code == 301
        # A browser must ignore HSTS over plain http (RFC 6797 §7.2), so it is not said there.
        assert wrong_with(answer, "/") == ["Strict-Transport-Security: None"]

    def test_403_for_a_form_without_its_token(self) -> None:
        for path in ("/help/", "/account/login/", "/i18n/setlang/"):
            assert self.check(Client(enforce_csrf_checks=True).post(path, {"a": "b"}, secure=True), path) == 403

    def test_403_for_staff_where_customers_are(self) -> None:
        assert self.check(at_the_desk(make_officer("dave", "support")).get("/home/", secure=True), "/home/") == 403

    def test_404_where_nothing_is(self) -> None:
        for path in ("/nowhere/", "/api/v1/nowhere/", "/_allauth/app/v1/nowhere", "/static/nowhere.css", "/admin/x/"):
            answer = Client().get(path, secure=True)
            assert answer.status_code in {302, 404}, path
            assert wrong_with(answer, path) == [], path

    def test_413_for_a_notice_that_is_too_large(self) -> None:
        body = b"x" * 1_100_000
        assert self.check(Client().post("/webhooks/stripe/", body, content_type="application/json", secure=True)) == 413

    def test_a_form_that_is_too_large_or_has_too_many_fields(self) -> None:
        many = {f"field{number}": "1" for number in range(300)}
        for sent in ({"message": "x" * 1_100_000}, many):
            answer = Client(raise_request_exception=False).post("/help/", sent, secure=True)
            assert answer.status_code in {400, 413}
            assert wrong_with(answer, "/help/") == []

    def test_429_on_a_page_in_the_api_and_in_sign_in(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(ratelimit, "RATES", {scope: ratelimit.Rate(1, 60, "ip") for scope in ratelimit.RATES})
        for path in ("/help/", "/api/v1/errors/", "/account/login/", "/_allauth/app/v1/config"):
            answers = [Client().get(path, secure=True) for _ in range(3)]
            assert self.check(answers[-1], path) == 429
            assert answers[-1].headers["Retry-After"]

    def test_500_shows_nothing_and_carries_all(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def breaks(*args: Any, **kwargs: Any) -> None:
            raise ImproperlyConfigured("the inside")

        client = browser(make_person("alice"))
        monkeypatch.setattr("accounts.home.views.balances_of", breaks)
        client.raise_request_exception = False
        answer = client.get("/home/", secure=True)
        assert self.check(answer, "/home/") == 500
        assert "the inside" not in answer.content.decode()

    def test_503_while_a_part_is_away(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("wallet_project.health._broker_answers", lambda: False)
        assert self.check(Client().get("/readyz", secure=True), "/readyz") == 503


def test_static_files_are_the_only_ones_kept() -> None:
    answer = Client().head("/static/css/tokens.css", secure=True)
    assert answer.status_code == 200
    assert [found for found in wrong_with(answer, "/static/") if not found.startswith("Cache-Control")] == []


@pytest.mark.parametrize("path", ["/help/", "/account/login/"])
def test_a_browser_reports_a_broken_policy_and_gets_no_page(path: str) -> None:
    report = {"csp-report": {"document-uri": f"https://wallet.invalid{path}", "effective-directive": "script-src"}}
    answer = Client().post("/csp-report/", report, content_type="application/json", secure=True)
    assert answer.status_code == 204
    assert wrong_with(answer, "/csp-report/") == []
