"""The client's address behind none to three proxies, whatever a stranger writes into the header."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from django.test import RequestFactory

from wallet_project.lib.client_ip import _warn_once, client_ip

PEER = "198.51.100.1"


@pytest.fixture(autouse=True)
def never_warned() -> None:
    _warn_once.cache_clear()


def seen(settings: Any, proxies: int, forwarded: str | None, peer: str = PEER) -> str | None:
    settings.TRUSTED_PROXY_COUNT = proxies
    header = {} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded}
    return client_ip(RequestFactory().get("/", REMOTE_ADDR=peer, **header))


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, None, PEER),
        (0, "203.0.113.7", PEER),
        (1, "203.0.113.7", "203.0.113.7"),
        (1, "10.0.0.1, 203.0.113.7", "203.0.113.7"),
        (2, "203.0.113.7, 10.0.0.2", "203.0.113.7"),
        (2, "forged, 192.0.2.1,  203.0.113.7 ,10.0.0.2", "203.0.113.7"),
        (3, "203.0.113.7, 10.0.0.3, 10.0.0.2", "203.0.113.7"),
        (3, "1.1.1.1, 2.2.2.2, 203.0.113.7,10.0.0.3,10.0.0.2", "203.0.113.7"),
    ],
)
def test_the_entry_the_outermost_trusted_proxy_wrote_counts(
    settings: Any, proxies: int, forwarded: str | None, address: str
) -> None:
    assert seen(settings, proxies, forwarded) == address


@pytest.mark.parametrize("proxies", [1, 2, 3])
@pytest.mark.parametrize("forged", ["192.0.2.66", "192.0.2.66, 192.0.2.67", "::1, 127.0.0.1, 10.0.0.1, 192.0.2.66"])
def test_whatever_stands_to_the_left_is_a_strangers_word(settings: Any, proxies: int, forged: str) -> None:
    behind = ", ".join(["203.0.113.7", *["10.0.0.9"] * (proxies - 1)])
    assert seen(settings, proxies, f"{forged}, {behind}") == "203.0.113.7"


@pytest.mark.parametrize(
    ("proxies", "forwarded"),
    [(1, None), (1, ""), (2, "203.0.113.7"), (3, "203.0.113.7, 10.0.0.2"), (1, "unknown"), (2, "garbage, 10.0.0.2")],
)
def test_who_did_not_pass_the_proxies_is_who_is_connected_and_the_log_says_so_once(
    settings: Any, caplog: pytest.LogCaptureFixture, proxies: int, forwarded: str | None
) -> None:
    with caplog.at_level(logging.WARNING):
        assert [seen(settings, proxies, forwarded) for _ in range(3)] == [PEER] * 3
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == 1
    assert "TRUSTED_PROXY_COUNT" in told[0]
    assert "203.0.113.7" not in caplog.text


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("203.0.113.7:52100", "203.0.113.7"),
        ("[2001:db8::7]:443", "2001:db8::7"),
        ("[2001:db8::7]", "2001:db8::7"),
        ("2001:DB8:0:0::7", "2001:db8::7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("[::ffff:cb00:7107]:1", "203.0.113.7"),
        ("fe80::1%eth0", "fe80::1"),
        (" 203.0.113.7\t", "203.0.113.7"),
    ],
)
def test_one_client_has_one_spelling(settings: Any, written: str, address: str) -> None:
    assert seen(settings, 1, written) == address
    assert seen(settings, 0, None, peer=written) == address


@pytest.mark.parametrize("peer", ["", "unix:", "localhost", "1.2.3", "[::1", "1.2.3.4:99999999"])
def test_where_there_is_no_address_there_is_none(settings: Any, peer: str) -> None:
    assert seen(settings, 0, "203.0.113.7", peer=peer) is None
