"""Identifiers: UUIDv7, public names, derived ids."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest

from wallet_project.lib import ids
from wallet_project.lib.errors import NotFound

AT = datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)


class TestUuid7:
    def test_carries_the_milliseconds_the_version_and_the_variant(self) -> None:
        made = ids.uuid7(AT)
        assert made.int >> 80 == int(AT.timestamp() * 1000)
        assert (made.int >> 76) & 0xF == 7
        assert (made.int >> 62) & 0b11 == 0b10

    def test_two_of_one_moment_differ(self) -> None:
        assert len({ids.uuid7(AT) for _ in range(1000)}) == 1000

    def test_later_ones_sort_later(self) -> None:
        assert ids.uuid7(AT) < ids.uuid7(AT.replace(second=6))


class TestDerive:
    def test_is_the_same_for_the_same_intent_and_step(self) -> None:
        intent = UUID("0194235c-7a2e-7000-8000-000000000001")
        assert ids.derive(intent, "capture") == ids.derive(intent, "capture")

    def test_differs_by_step_and_by_intent_and_keeps_the_time(self) -> None:
        intent, other = ids.uuid7(AT), ids.uuid7(AT)
        made = {ids.derive(intent, "a"), ids.derive(intent, "b"), ids.derive(other, "a")}
        assert len(made) == 3
        assert {one.int >> 80 for one in made} == {intent.int >> 80}
        assert {(one.int >> 76) & 0xF for one in made} == {7}


class TestPublic:
    def test_round_trip(self) -> None:
        row = ids.uuid7(AT)
        text = ids.public("trf", row)
        assert len(text) == 30
        assert ids.parse("trf", text) == row

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "trf_",
            "trf",
            "top_aaaaaaaaaaaaaaaaaaaaaaaaaa",
            "trf_AAAAAAAAAAAAAAAAAAAAAAAAAA",
            "trf_aaaaaaaaaaaaaaaaaaaaaaaaa",
            "trf_aaaaaaaaaaaaaaaaaaaaaaaaa1",
            "trf_aaaaaaaaaaaaaaaaaaaaaaaaab",
            "trf_äaaaaaaaaaaaaaaaaaaaaaaaaa",
            "trf_" + "a" * 9999,
        ],
    )
    def test_anything_else_is_not_found(self, text: str) -> None:
        with pytest.raises(NotFound):
            ids.parse("trf", text)
