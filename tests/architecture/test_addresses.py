"""Every address asks who is there, unless it is listed; every one that matters names its limit."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from tests.architecture.walk import Address, addresses

PUBLIC = {
    "landing": "what the wallet is",
    "help": "a stranger may need help too",
    "help_sent": "says only that a request arrived",
    "legal": "whoever signs up reads them first",
    "statement_verify": "whoever was given a statement may ask whether we issued it",
    "top_up_return": "an app's person comes back without a web session; tells only the owner",
    "stripe_webhook": "the provider signs its notices",
    "set_language": "a choice kept in a cookie",
    "set_theme": "a choice kept in a cookie",
    "healthz": "the process is up",
    "readyz": "the parts answer",
    "csp_report": "browsers report without a session",
    "api_schema": "the published contract",
    "api_docs": "the published contract",
    "api_errors": "the published contract",
}
PUBLIC_PREFIXES = {
    "/account/": "allauth: signing in is for strangers; its own views guard the rest (tests of the identity room)",
    "/_allauth/": "allauth's headless twin",
    "/dev/": "development only; not mounted in production",
}
UNLIMITED = {
    "set_language": "nothing is looked up",
    "set_theme": "nothing is looked up",
    "healthz": "asked every second by the balancer",
    "readyz": "asked every second by the balancer",
    "csp_report": "limited by nginx; stores nothing",
}
OWN_GUARD_PREFIXES = {
    "/admin/": "the desk has its own gate (second factor) and its own tests",
    "/account/": "the limiter in front of allauth (tests/attacks/test_code_guessing.py)",
    "/_allauth/": "the limiter in front of allauth (tests/attacks/test_code_guessing.py)",
    "/dev/": "development only",
}
SAMPLE = "aaaaaaaaaaaaaaaaaaaaaaaaaa"


def _ours() -> list[Address]:
    return addresses()


def _starts(address: Address, prefixes: dict[str, str]) -> bool:
    return any(address.route.startswith(prefix) for prefix in prefixes)


def _fill(route: str) -> str:
    return re.sub(r"<[^>]+>", SAMPLE, route)


def _limits(address: Address) -> tuple[str, ...]:
    view = address.view
    declared = getattr(view, "rate_limits", None)
    if declared is None and hasattr(view, "cls"):
        declared = view.cls.limits if hasattr(view.cls, "limits") else None
    return tuple(declared or ())


def test_the_lists_name_only_what_exists() -> None:
    names = {address.name for address in _ours()}
    assert set(PUBLIC) <= names
    assert set(UNLIMITED) <= names


@pytest.mark.django_db
@pytest.mark.parametrize("address", _ours(), ids=lambda address: address.route)
def test_a_stranger_is_sent_to_sign_in(address: Address, client: Client) -> None:
    if address.name in PUBLIC or _starts(address, PUBLIC_PREFIXES) or "(?P" in address.route:
        return
    route = _fill(address.route)
    for answer in (client.get(route), client.post(route)):
        if answer.status_code == 405:
            continue
        if route.startswith("/api/"):
            assert answer.status_code == 401, route
            assert "WWW-Authenticate" in answer.headers
        elif route.startswith("/admin/"):
            assert answer.status_code in {302, 404}, route
        else:
            assert answer.status_code == 302, route
            assert "/account/login/" in answer.headers["Location"]


@pytest.mark.parametrize("address", _ours(), ids=lambda address: address.route)
def test_every_view_names_its_limit(address: Address) -> None:
    if address.name in UNLIMITED or _starts(address, OWN_GUARD_PREFIXES):
        return
    assert _limits(address), f"{address.route} declares no rate limit"
