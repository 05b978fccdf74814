"""What load balancers, browsers and log readers get from every answer."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

import pytest
from django.db import connections

from ledger import checks as ledger_checks
from tests import databases
from wallet_project import health

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.django_db


class TestHealth:
    def test_a_living_process_says_so(self, client: Client) -> None:
        answer = client.get("/healthz")
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})

    def test_ready_means_that_every_part_is_there(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(health, "_expected", False)
        answer = client.get("/readyz")
        assert answer.status_code == 200
        checks = {"database": True, "broker": True, "migrations": True, "database_checks": True}
        assert answer.json() == {"status": "ok", "checks": checks}

    def test_a_missing_function_is_named_in_the_log_only(
        self, client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setattr(health, "_expected", False)
        monkeypatch.setattr(ledger_checks, "CALLED", ("ledger_of_tomorrow(integer)",))
        answer = client.get("/readyz")
        assert answer.status_code == 503
        checks = {"database": True, "broker": True, "migrations": True, "database_checks": False}
        assert answer.json() == {"status": "unavailable", "checks": checks}
        assert "The database has no ledger_of_tomorrow(integer)." in caplog.text

    def test_a_silent_broker_is_named(self, client: Client, settings: pytest.FixtureRequest) -> None:
        settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
        answer = client.get("/readyz")
        assert answer.status_code == 503
        assert answer.json() == {
            "status": "unavailable",
            "checks": {"database": True, "broker": False, "migrations": True, "database_checks": True},
        }

    @pytest.mark.parametrize("path", ["/healthz", "/readyz"])
    def test_only_reads(self, client: Client, path: str) -> None:
        assert client.post(path).status_code == 405


class TestReadyWithoutMigrations:
    def test_an_empty_database_is_not_ready(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(health, "_migrated", False)
        name = databases.empty()
        try:
            connection = connections.create_connection("default")
            connection.settings_dict = {**connection.settings_dict, "NAME": name}
            monkeypatch.setattr(health, "connection", connection)
            answer = client.get("/readyz")
            connection.close()
        finally:
            databases.drop(name)
        assert answer.status_code == 503
        checks = {"database": True, "broker": True, "migrations": False, "database_checks": False}
        assert answer.json()["checks"] == checks


class TestHeaders:
    def test_every_answer_carries_them(self, client: Client) -> None:
        headers = client.get("/healthz").headers
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "geolocation=()" in headers["Permissions-Policy"]
        assert "default-src 'none'" in headers["Content-Security-Policy"]

    def test_a_missing_page_carries_them_too(self, client: Client) -> None:
        answer = client.get("/no-such-page/")
        assert answer.status_code == 404
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Request-Id"]

    def test_a_proxys_request_id_is_kept(self, client: Client) -> None:
        assert (
            client.get("/healthz", headers={"X-Request-Id": "edge-12345678"}).headers["X-Request-Id"] == "edge-12345678"
        )

    @pytest.mark.parametrize("forged", ["short", "with space 12", "x" * 65, "a\tb-12345678", "ünïcode-12345"])
    def test_a_strange_one_is_replaced(self, client: Client, forged: str) -> None:
        given = client.get("/healthz", headers={"X-Request-Id": forged}).headers["X-Request-Id"]
        assert given != forged
        assert len(given) == 16

    def test_the_log_line_names_the_route_and_not_the_address(
        self, client: Client, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.INFO, logger="wallet.request"):
            client.get("/no-such-page/alice@example.com/")
        lines = [record.getMessage() for record in caplog.records if record.name == "wallet.request"]
        assert lines == ["GET (unknown) 404"]


class TestPolicyReports:
    REPORT = {
        "csp-report": {
            "document-uri": "https://wallet.invalid/send/?to=alice@example.com",
            "blocked-uri": "https://evil.invalid/x.js?token=1",
            "effective-directive": "script-src-elem",
        }
    }

    def test_is_logged_without_query_strings(self, client: Client, caplog: pytest.LogCaptureFixture) -> None:
        answer = client.post("/csp-report/", json.dumps(self.REPORT), content_type="application/csp-report")
        assert answer.status_code == 204
        (record,) = [record for record in caplog.records if record.name == "wallet.health"]
        assert (record.page, record.blocked, record.directive) == ("/send/", "evil.invalid/x.js", "script-src-elem")

    @pytest.mark.parametrize(
        "body", ["", "{", "[]", '"x"', '{"csp-report": []}', '{"csp-report": {"document-uri": "http://["}}']
    )
    def test_nonsense_is_refused(self, client: Client, body: str) -> None:
        assert client.post("/csp-report/", body, content_type="application/csp-report").status_code == 400

    def test_a_huge_one_is_not_read(self, client: Client, caplog: pytest.LogCaptureFixture) -> None:
        body = json.dumps({"csp-report": {"document-uri": "/" + "a" * 20_000}})
        assert client.post("/csp-report/", body, content_type="application/csp-report").status_code == 400
        assert all("aaaa" not in record.getMessage() + str(vars(record)) for record in caplog.records)
