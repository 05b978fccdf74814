"""A statement as CSV: exact, in one shape, and no formula for anybody's spreadsheet."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.statements.csv_file import COLUMNS, CsvFile, decimal, guarded
from accounts.statements.document import Document, Line, Totals, Waiting
from tests.factories.statements import csv_rows, csv_totals
from tests.unit.test_statements_document import AT, BACK, HEAD, LINE


def _written(*lines: Line, with_bom: bool = False, waiting: tuple[Waiting, ...] = (), **head: object) -> bytes:
    document = Document(replace(HEAD, **head), lines, waiting, ("€1.00 is held.",) if waiting else ())
    return b"".join(CsvFile(document, with_bom=with_bom))


class TestGuard:
    @pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "  ="])
    def test_no_cell_begins_like_a_formula(self, start: str) -> None:
        assert guarded(f"{start}1+1") == f"'{start}1+1"

    @pytest.mark.parametrize("text", ["", "Mei C•••", "12.50", "1=1", "a-b", "•••• 4242", "'=1"])
    def test_other_text_stays(self, text: str) -> None:
        assert guarded(text) == text

    @given(st.text(max_size=40), st.text(max_size=40))
    def test_whatever_people_write(self, name: str, note: str) -> None:
        name, note = name.replace("\x00", ""), note.replace("\x00", "")
        row = csv_rows(_written(replace(LINE, counterparty=name, note=note), BACK))[1]
        for column, text in (("counterparty", name), ("note", note)):
            assert row[column] in {text, f"'{text}"}
            assert not row[column].lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r"))


class TestFile:
    def test_opening_entries_closing(self) -> None:
        rows = csv_rows(_written(LINE, BACK))
        assert [row["row"] for row in rows] == ["opening", "entry", "entry", "closing"]
        assert tuple(rows[0]) == COLUMNS
        assert {name: value for name, value in rows[1].items() if value} == {
            "row": "entry",
            "booked_on": "2026-11-22",
            "booked_at": "2026-11-22T15:02:03+01:00",
            "effective_at": "2026-11-22T15:02:03+01:00",
            "time_zone": "Europe/Berlin",
            "what": "Sent",
            "counterparty": "Mei C•••",
            "note": "Dinner",
            "reference": LINE.reference,
            "currency": "EUR",
            "money_out": "1.50",
            "balance": "98.50",
            "money_out_minor": "150",
            "balance_minor": "9850",
        }
        assert (rows[0]["booked_on"], rows[0]["balance"], rows[3]["balance_minor"]) == ("2026-11-01", "100.00", "10850")

    def test_what_waits_is_in_no_sum(self) -> None:
        waiting = Waiting(AT, "Sent", "Bob", "Being checked", "trf_x", -700)
        content = _written(LINE, BACK, waiting=(waiting,))
        rows = csv_rows(content)
        assert [row["row"] for row in rows[4:]] == ["waiting", "reserved"]
        assert (rows[4]["waiting_out_minor"], rows[4]["money_out_minor"], rows[4]["balance_minor"]) == ("700", "", "")
        assert csv_totals(content) == {"entries": 2, "in": 1_000, "out": 150, "opening": 10_000, "closing": 10_850}

    def test_a_fee_is_told_beside_the_amount_it_is_part_of(self) -> None:
        paid = replace(LINE, amount_minor=-150, fee_minor=-35)
        row = csv_rows(_written(paid, BACK))[1]
        assert (row["money_out_minor"], row["fee"], row["fee_minor"]) == ("150", "0.35", "35")

    def test_the_mark_of_utf_8_only_where_asked(self) -> None:
        assert _written(LINE, BACK, with_bom=True).startswith(b"\xef\xbb\xbfrow,")
        assert _written(LINE, BACK).startswith(b"row,")

    def test_knows_its_totals_when_written(self) -> None:
        face = CsvFile(Document(HEAD, (LINE, BACK)), with_bom=False)
        assert b"".join(face)
        assert face.totals == Totals(2, 1_000, 150, 0)

    @pytest.mark.parametrize(
        ("minor", "currency", "text"),
        [
            (1_250, "EUR", "12.50"),
            (5, "EUR", "0.05"),
            (-5, "EUR", "-0.05"),
            (1_235, "JPY", "1235"),
            (1, "KWD", "0.001"),
        ],
    )
    def test_amounts_have_the_decimals_of_their_currency(self, minor: int, currency: str, text: str) -> None:
        assert decimal(minor, currency) == text
