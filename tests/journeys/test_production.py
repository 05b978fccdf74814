"""The site as production serves it: hashed static files, https only, cookies that belong to one host."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests

from wallet_project.local import places, processes
from wallet_project.local.run import wait_until_answers
from wallet_project.local.testing.checks import production

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.slow

HOST = "wallet.invalid"
BEHIND_TLS = {"Host": HOST, "X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.7"}


@pytest.fixture(scope="module")
def site(clone_db: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Granian with production settings and secrets of its own, as behind a proxy that ends TLS."""
    var = tmp_path_factory.mktemp("production")
    port = places.free_port()
    environment = {
        **{name: value for name, value in os.environ.items() if name != "DATABASE_OWNER_URL"},
        **production(),
        "STATIC_ROOT": str(var / "static"),
        "TRUSTED_PROXY_COUNT": "1",
        "PYTHON": str(places.PYTHON),
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "WEB_WORKERS": "1",
        "WEB_THREADS": "2",
        "WORKER_PROCESSES": "1",
        "PUBLIC_URL": f"https://{HOST}",
        "WALLET_VAR": str(var),
        "SIMULATOR_PORT": "1",
        "BANK_PORT": "1",
    }
    collect = [str(places.PYTHON), "manage.py", "collectstatic", "--no-input", "--verbosity", "0"]
    subprocess.run(collect, env=environment, cwd=places.ROOT, check=True)
    runner = processes.Runner(var, environment, show_output=False)
    try:
        runner.start("web", processes.read_procfile(places.ROOT / "Procfile", environment)["web"])
        wait_until_answers(runner, f"http://127.0.0.1:{port}/healthz")
        yield f"http://127.0.0.1:{port}"
    finally:
        runner.stop()


def get(site: str, path: str, **headers: str) -> requests.Response:
    return requests.get(f"{site}{path}", headers={**BEHIND_TLS, **headers}, timeout=10, allow_redirects=False)


def test_plain_http_is_sent_to_https(site: str) -> None:
    answer = get(site, "/account/login/", **{"X-Forwarded-Proto": "http"})
    assert (answer.status_code, answer.headers["Location"]) == (301, f"https://{HOST}/account/login/")


def test_health_needs_no_tls(site: str) -> None:
    assert get(site, "/healthz", **{"X-Forwarded-Proto": "http"}).status_code == 200


def test_a_strange_host_is_refused(site: str) -> None:
    assert get(site, "/", Host="evil.invalid").status_code == 400


@pytest.mark.parametrize("path", ["/", "/account/login/", "/account/signup/", "/api/v1/docs/", "/admin/login/"])
def test_every_file_of_a_page_is_there_hashed_and_kept_for_ever(site: str, path: str) -> None:
    page = get(site, path)
    if page.status_code == 302:
        page = get(site, page.headers["Location"])
    assert page.status_code == 200
    files = re.findall(r'(?:href|src)="(/static/[^"#]+)', page.text)
    assert files
    for file in sorted(set(files)):
        assert re.search(r"\.[0-9a-f]{12}\.\w+$", file), file
        answer = get(site, file, **{"Accept-Encoding": "gzip"})
        assert answer.status_code == 200
        assert "immutable" in answer.headers["Cache-Control"]
        if file.endswith((".css", ".js")) and len(answer.content) > 2_000:
            assert answer.headers["Content-Encoding"] == "gzip"


def test_cookies_belong_to_this_host_alone(site: str) -> None:
    answer = get(site, "/account/login/")
    cookies = [cookie.strip() for cookie in answer.headers["Set-Cookie"].split(", __Host-")]
    assert cookies
    for cookie in cookies:
        assert cookie.removeprefix("__Host-").split("=")[0] in {"csrf", "session", "language", "theme"}
        assert "Secure" in cookie
        assert "HttpOnly" in cookie
        assert "Path=/" in cookie
        assert "Domain" not in cookie


def test_browsers_are_told_to_stay_with_https(site: str) -> None:
    answer = get(site, "/")
    assert answer.headers["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains; preload"
    assert answer.headers["Cache-Control"]


@pytest.mark.parametrize("path", ["/", "/no-such-page/", "/static/no-such-file", "/api/v1/me/", "/admin/", "/healthz"])
def test_the_server_tells_no_version_and_no_other_site(site: str, path: str) -> None:
    answer = get(site, path)
    assert not re.search(r"[0-9/]", answer.headers.get("Server", ""))  # Granian's name alone; a proxy takes it off
    assert "X-Powered-By" not in answer.headers
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize("path", ["/dev/outbox/", "/dev/outbox.json"])
def test_the_development_outbox_does_not_exist(site: str, path: str) -> None:
    assert get(site, path).status_code == 404


def test_an_error_shows_nothing_of_the_inside(site: str) -> None:
    text = get(site, "/no-such-page/").text
    assert "Traceback" not in text
    assert "DEBUG" not in text
    assert str(Path(places.ROOT)) not in text
