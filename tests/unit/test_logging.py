"""Nothing a thief could use reaches a log line, whatever the name or shape it comes in."""

from __future__ import annotations

import json
import logging
import sys

import pytest

from wallet_project.lib.logging import MASK, JsonFormatter, LineFormatter, redact, request_id


def line(message: str, *arguments: object, **extra: object) -> dict[str, object]:
    record = logging.getLogger("t").makeRecord("t", logging.INFO, "f", 1, message, arguments, None, extra=extra)
    parsed: dict[str, object] = json.loads(JsonFormatter().format(record))
    return parsed


class TestRedaction:
    @pytest.mark.parametrize(
        "secret",
        [
            "alice@example.com",
            "+49 170 1234567",
            "+8613812345678",
            "4242 4242 4242 4242",
            "4242424242424242",
            "378282246310005",
            "DE89 3704 0044 0532 0130 00",
            "BCDF-GHJK",
            "493817",
            "wlt_Zk3_x-9QmT2",
            "sk_live_51Habc",
            "whsec_abc123",
        ],
    )
    def test_masks_by_shape(self, secret: str) -> None:
        assert redact(f"before {secret} after") == f"before {MASK} after"

    @pytest.mark.parametrize("text", ["pin=4711", "Password: hunter2", '"token": "abc"', "code='12'", "secret=x y"])
    def test_masks_what_follows_a_telling_word(self, text: str) -> None:
        assert MASK in redact(text)
        assert not any(secret in redact(text) for secret in ("4711", "hunter2", "abc", "12", "=x"))

    @pytest.mark.parametrize(
        "harmless",
        [
            "trf_01jd8kz3v6e5qg2m4n7p9r1s3t",
            "2026-11-22T14:33:00.123456+00:00",
            "0193f1c2-7b1e-7c3a-9f00-123456789012",
            "took 1234 ms",
            "POST api/v1/transfers/ 201",
            "http://127.0.0.1:8000/readyz",
            "amount_minor=1250",
        ],
    )
    def test_leaves_the_rest(self, harmless: str) -> None:
        assert redact(harmless) == harmless

    @pytest.mark.parametrize(
        "name",
        ["pin", "new_pin", "password", "session_token", "X-Session-Token", "email", "phone", "code", "card_number"],
    )
    def test_masks_extra_values_by_name(self, name: str) -> None:
        assert line("m", **{name: "anything"})[name] == MASK

    def test_walks_into_containers(self) -> None:
        told = line("m", payload={"pin": "1", "list": ["alice@example.com", 7], "amount_minor": 1250})
        assert told["payload"] == {"pin": MASK, "list": [MASK, 7], "amount_minor": 1250}

    def test_masks_arguments_and_traces(self) -> None:
        try:
            raise ValueError("no such person alice@example.com")
        except ValueError:
            record = logging.getLogger("t").makeRecord(
                "t", logging.ERROR, "f", 1, "to %s", ("bob@example.com",), sys.exc_info()
            )
        told = JsonFormatter().format(record)
        assert "example.com" not in told
        assert "ValueError: no such person" in told


class TestLines:
    def test_a_line_is_one_object_with_the_request(self) -> None:
        token = request_id.set("req-12345678")
        told = line("sent %s", "it", duration_ms=3)
        request_id.reset(token)
        assert told.pop("at")
        assert told == {
            "level": "INFO", "logger": "t", "message": "sent it", "request_id": "req-12345678", "duration_ms": 3,
        }  # fmt: skip

    def test_a_line_break_cannot_forge_a_second_line(self) -> None:
        record = logging.getLogger("t").makeRecord("t", logging.INFO, "f", 1, "a\n{}", (), None)
        assert "\n" not in JsonFormatter().format(record)

    def test_people_get_the_same_facts_on_a_line(self) -> None:
        record = logging.getLogger("t").makeRecord("t", logging.INFO, "f", 1, "to a@b.de", (), None, extra={"pin": "1"})
        assert LineFormatter().format(record).endswith(f"INFO    t: to {MASK}  pin={MASK}")
