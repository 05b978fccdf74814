"""How a statement is named and how its file is."""

from __future__ import annotations

from datetime import date

import pytest
from django.utils import translation

from accounts.statements.models import Statement
from accounts.statements.presentation import file_name, named


@pytest.mark.parametrize(
    ("language", "first", "last", "name"),
    [
        ("en", date(2026, 11, 1), date(2026, 11, 30), "November 2026"),
        ("zh-hans", date(2026, 11, 1), date(2026, 11, 30), "2026年11月"),
        ("en", date(2026, 1, 1), date(2026, 12, 31), "2026"),
        ("en", date(2026, 11, 1), date(2026, 11, 29), "1 Nov 2026 to 29 Nov 2026"),
        ("en", date(2026, 11, 5), date(2026, 11, 5), "5 Nov 2026"),
    ],
)
def test_months_and_years_have_their_names(language: str, first: date, last: date, name: str) -> None:
    with translation.override(language):
        assert named(first, last) == name


def test_no_persons_name_is_in_the_name_of_a_file() -> None:
    statement = Statement(currency="EUR", first_day=date(2026, 11, 1), last_day=date(2026, 11, 30), format="pdf")
    assert file_name(statement) == "statement-EUR-2026-11-01-2026-11-30.pdf"
