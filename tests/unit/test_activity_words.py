"""Search by one-way marks. No database."""

from __future__ import annotations

from uuid import UUID

import pytest

from accounts.activity.words import MARKS_MAX, marks, marks_of_query

ALICE = UUID("0194235c-7a2e-7000-8000-000000000001")
BOB = UUID("0194235c-7a2e-7000-8000-000000000002")


def _finds(query: str, *texts: str) -> bool:
    wanted = marks_of_query(ALICE, query)
    return bool(wanted) and set(wanted) <= set(marks(ALICE, *texts))


class TestFinding:
    @pytest.mark.parametrize(
        "query", ["mei", "ME", "Dinner", "din", "friday dinner", "ｄｉｎｎｅｒ", "Mei din", "c", "straße"]
    )
    def test_beginnings_of_words_in_any_order_and_case(self, query: str) -> None:
        assert _finds(query, "Mei C•••", "Dinner on Friday, Hauptstr STRASSE")

    @pytest.mark.parametrize("query", ["inner", "dinners", "mei lunch", "7"])
    def test_not_the_middle_of_words_and_not_what_is_not_there(self, query: str) -> None:
        assert not _finds(query, "Mei C•••", "Dinner on Friday")

    @pytest.mark.parametrize("query", ["晚饭", "周五晚饭", "饭", "小美 晚饭"])
    def test_chinese_without_spaces(self, query: str) -> None:
        assert _finds(query, "小美", "周五晚饭很好吃")

    def test_chinese_pairs_must_stand_together(self) -> None:
        assert not _finds("晚吃", "周五晚饭很好吃")

    def test_long_words_are_found_by_their_first_ten_letters(self) -> None:
        assert _finds("Lebensversicherung", "Lebensversicherungsbeitrag")


class TestMarks:
    def test_differ_between_people(self) -> None:
        assert set(marks(ALICE, "dinner")).isdisjoint(marks(BOB, "dinner"))

    def test_are_the_same_every_time_and_fit_a_bigint(self) -> None:
        made = marks(ALICE, "dinner")
        assert made == marks(ALICE, "dinner")
        assert all(-(2**63) <= mark < 2**63 for mark in made)
        assert len(made) == len("dinner")

    def test_are_bounded(self) -> None:
        assert len(marks(ALICE, " ".join(f"word{number}" for number in range(1000)))) == MARKS_MAX

    @pytest.mark.parametrize("text", ["", "   ", "•••", "🎉", "\u202e"])
    def test_nothing_to_find_gives_none(self, text: str) -> None:
        assert marks(ALICE, text) == []
        assert marks_of_query(ALICE, text) == []
