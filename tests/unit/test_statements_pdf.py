"""A statement as PDF: tagged, in every script we promise, and saying what the CSV says."""

from __future__ import annotations

import io
import unicodedata
from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import translation
from pypdf import PdfReader

from accounts.statements.csv_file import CsvFile
from accounts.statements.document import Document, Line, Waiting
from accounts.statements.pdf_file import NotSet, PdfFile, typeset
from accounts.statements.typesetter import MISSING
from tests.factories.statements import csv_totals, pdf_text, pdf_totals
from tests.unit.test_statements_document import AT, BACK, HEAD, LINE


def _set(*lines: Line, language: str = "en", waiting: tuple[Waiting, ...] = (), **head: object) -> bytes:
    with translation.override(language):
        return b"".join(PdfFile(Document(replace(HEAD, language=language, **head), lines, waiting)))


class TestTags:
    @pytest.mark.parametrize(("language", "spoken"), [("en", "en"), ("zh-hans", "zh-CN")])
    def test_a_reader_finds_structure_language_and_title(self, language: str, spoken: str) -> None:
        reader = PdfReader(io.BytesIO(_set(LINE, BACK, language=language)))
        root = reader.trailer["/Root"]
        assert root["/MarkInfo"]["/Marked"] is not None
        assert root["/Lang"] == spoken
        assert "pdfuaid:part>1<" in root["/Metadata"].get_data().decode()
        assert root["/ViewerPreferences"]["/DisplayDocTitle"] is not None
        roles = _roles(root["/StructTreeRoot"])
        assert {"/H1", "/H2", "/Table", "/TR", "/TH", "/TD"} <= roles

    def test_is_titled_with_its_days(self) -> None:
        with_title = PdfReader(io.BytesIO(_set(LINE, BACK))).metadata
        assert with_title is not None
        assert with_title.title == "Statement of account 1 Nov 2026 to 30 Nov 2026"


class TestText:
    def test_says_what_was_booked(self) -> None:
        text = pdf_text(_set(LINE, BACK))
        for words in ("Alice Example", "22 Nov 2026", "15:02", "Mei C••• · Sent", "Dinner", "€98.50", "€108.50"):
            assert words in text
        assert HEAD.statement_id in text
        assert "/statements/verify/" in text

    def test_chinese(self) -> None:
        text = "".join(pdf_text(_set(replace(LINE, counterparty="•美", note="晚饭"), BACK, language="zh-hans")).split())
        for words in ("账户对账单", "期初余额", "期末余额", "•美", "晚饭", "2026年11月22日"):
            assert words in text

    @pytest.mark.parametrize("name", ["Łukasz Żółć", "Đặng", "Ирина", "Ελένη", "张伟"])
    def test_names_of_many_scripts(self, name: str) -> None:
        text = pdf_text(_set(replace(LINE, counterparty=name), BACK))
        assert name in unicodedata.normalize("NFC", text)

    @pytest.mark.parametrize(
        "name",
        [
            "สมชาย", "משה", "محمد علي", "अमित क्षत्रिय", "বাংলা", "தமிழ்", "తెలుగు", "ಕನ್ನಡ", "മലയാളം", "ગુજરાતી", "ਪੰਜਾਬੀ",
            "ଓଡ଼ିଆ", "සිංහල", "ລາວ", "ខ្មែរ", "မြန်မာ", "Հայերեն", "ქართული", "አማርኛ", "한국어", "東京 あ ア", "𠮷田",
            "Ana 🙂", "👩🏽\u200d🚀", "👨\u200d👩\u200d👧", "🇩🇪", "❤️", "1️⃣", "✓ ★ → ₹ ₿",
        ],
    )  # fmt: skip
    def test_every_character_of_these_scripts_has_a_shape(self, name: str) -> None:
        text = pdf_text(_set(replace(LINE, counterparty=name), BACK))
        assert MISSING not in text
        assert any(sign in text for sign in name if not sign.isspace())

    def test_what_no_font_has_costs_no_statement(self) -> None:
        text = pdf_text(_set(replace(LINE, counterparty="Ra \U00013080"), BACK))
        assert "Ra □" in text
        assert "€98.50" in text

    @pytest.mark.parametrize(
        "note", ["#panic()", '"]) #read("/etc/passwd")', "= Title", "*b* $x$ @y <z> `c` \\", "{page}"]
    )
    def test_words_are_never_markup(self, note: str) -> None:
        assert note in pdf_text(_set(replace(LINE, note=note), BACK)).replace("\n", " ")

    def test_a_fee_and_another_day_are_said(self) -> None:
        line = replace(LINE, fee_minor=-35, effective_at=AT - timedelta(days=3))
        text = " ".join(pdf_text(_set(line, BACK)).split())
        assert "Fee, included: €0.35" in text
        assert "Effective 19 Nov 2026" in text

    @pytest.mark.parametrize("minor", [10**9, 2**62])
    def test_the_largest_sums_stay_on_one_line(self, minor: int) -> None:
        line = replace(LINE, amount_minor=-minor, balance_minor=HEAD.opening_minor - minor)
        content = _set(line, closing_minor=HEAD.opening_minor - minor)
        assert pdf_totals(content)["out"] == minor

    def test_what_waits_stands_apart(self) -> None:
        text = pdf_text(_set(LINE, BACK, waiting=(Waiting(AT, "Sent", "Bob", "Being checked", "trf_x", -700),)))
        assert text.index("Closing balance") < text.index("Not booked yet") < text.index("Being checked")

    def test_an_unfinished_day_is_said(self) -> None:
        assert "The last day was not over yet" in pdf_text(_set(LINE, BACK, is_complete=False))
        assert "The last day was not over yet" not in pdf_text(_set(LINE, BACK))


def test_says_the_totals_of_the_csv() -> None:
    lines = []
    balance = HEAD.opening_minor
    for number in range(120):
        minor = 731 * number - 40_000 if number % 3 else 12_345_67
        balance += minor
        lines.append(replace(LINE, amount_minor=minor, balance_minor=balance))
    head = replace(HEAD, closing_minor=balance)
    as_csv = csv_totals(b"".join(CsvFile(Document(head, lines), with_bom=False)))
    assert pdf_totals(_set(*lines, closing_minor=balance)) == as_csv
    assert as_csv["entries"] == 120


def test_a_typesetter_that_fails_makes_no_file() -> None:
    with pytest.raises(NotSet):
        typeset({"title": "half of the data"})


def _roles(node: object) -> set[str]:
    found: set[str] = set()
    waiting = [node]
    while waiting:
        one = waiting.pop()
        one = one.get_object() if hasattr(one, "get_object") else one
        if isinstance(one, list):
            waiting += one
        elif isinstance(one, dict):
            found |= {str(one["/S"])} if "/S" in one else set()
            waiting += [one["/K"]] if "/K" in one else []
    return found
