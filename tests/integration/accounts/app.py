"""An app as the tests drive it: allauth's headless client and the API, over the test client."""

from __future__ import annotations

import re
from typing import Any

from django.test import Client

from accounts.identity.models import OneTimeMessage

CODE = re.compile(r"\b[B-DF-HJ-NP-TV-XZ]{4}-[B-DF-HJ-NP-TV-XZ]{4}\b")
PASSWORD = "correct horse battery"


class App:
    """Keeps its session token like a phone does."""

    def __init__(self, address: str = "192.0.2.1") -> None:
        self.client = Client()
        self.address = address
        self.token = ""

    def call(self, method: str, path: str, body: dict[str, Any] | None = None, **headers: str) -> Any:
        """One request with the token; a new token in the answer replaces it."""
        sent = {"X-Session-Token": self.token, **headers} if self.token else headers
        response = self.client.generic(
            method,
            path,
            "" if body is None else __import__("json").dumps(body),
            content_type="application/json",
            headers=sent,
            REMOTE_ADDR=self.address,
        )
        is_json = "json" in response.headers.get("Content-Type", "")
        response.data = response.json() if is_json else None
        found = (response.data or {}).get("meta", {}) if path.startswith("/_allauth") and is_json else {}
        self.token = found.get("session_token", self.token)
        return response

    def auth(self, path: str, body: dict[str, Any] | None = None, method: str = "POST") -> Any:
        """One call of allauth's app client."""
        return self.call(method, f"/_allauth/app/v1/{path}", body)

    def sign_up(self, **contact: str) -> Any:
        """Signs up with ``email=`` or ``phone=``; the code is not entered yet."""
        return self.auth("auth/signup", {**contact, "password": PASSWORD})


def messages_to(address: str) -> list[OneTimeMessage]:
    """What is on its way to an address, newest first."""
    return [row for row in OneTimeMessage.objects.order_by("-created_at", "-id") if row.to == address]


def live_messages_to(address: str) -> list[OneTimeMessage]:
    """Those a worker would send: decoys have expired when they are made."""
    return [row for row in messages_to(address) if row.expires_at > row.created_at]


def code_for(address: str) -> str:
    """The newest code sent to an address."""
    found = CODE.search(live_messages_to(address)[0].body)
    assert found is not None
    return found.group()


def pending(response: Any) -> list[str]:
    """The flows an answer says are pending."""
    return [flow["id"] for flow in response.data["data"]["flows"] if flow.get("is_pending")]
