"""Whatever was booked and wherever it is cut: statements chain, add up, and say the same in both formats."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.statements.csv_file import CsvFile
from accounts.statements.document import Document
from accounts.statements.pdf_file import PdfFile
from accounts.statements.selectors import lines_of
from ledger.selectors import balance_at, balance_now
from ledger.spans import Span, span_of
from tests.factories.ledger import wallet
from tests.factories.statements import csv_totals, pdf_totals, post
from tests.unit.test_statements_document import HEAD

pytestmark = pytest.mark.django_db

START, END = datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
AMOUNTS = st.lists(
    st.tuples(st.integers(-(10**9), 10**9).filter(bool), st.integers(-1000, 1000)), min_size=1, max_size=12
)


def _document(owner: object, span: Span, batch: int) -> Document:
    lines = lines_of(user_id=owner, currency="EUR", span=span, time_zone="Europe/Berlin", batch=batch)  # type: ignore[arg-type]  # a uuid
    head = replace(HEAD, opening_minor=span.opening_minor, closing_minor=span.closing_minor)
    return Document(head, tuple(lines))


def _moments(account_id: int) -> list[datetime]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT created_at FROM ledger_posting WHERE account = %s ORDER BY seq", [account_id])
        return [moment for (moment,) in cursor.fetchall()]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(amounts=AMOUNTS, data=st.data(), batch=st.integers(1, 5))
def test_statements_chain_and_add_up(amounts: list[tuple[int, int]], data: st.DataObject, batch: int) -> None:
    view = wallet(floor_minor=None)
    for minor, days in amounts:
        post(view.id, minor, at=datetime(2026, 6, 1, tzinfo=UTC) + timedelta(days=days))
    booked = _moments(view.id)
    cuts = sorted(
        data.draw(st.sets(st.sampled_from(booked + [moment + timedelta(microseconds=1) for moment in booked])))
    )
    ends = [START, *cuts, END]
    spans = [span_of(account_id=view.id, since=since, before=before) for since, before in pairwise(ends)]
    documents = [_document(view.owner_id, span, batch) for span in spans]
    written = [csv_totals(b"".join(CsvFile(document, with_bom=False))) for document in documents]

    assert [line.amount_minor for document in documents for line in document.lines] == [minor for minor, _ in amounts]
    for span, totals in zip(spans, written, strict=True):
        assert span.closing_minor == span.opening_minor + totals["in"] - totals["out"]
        assert (totals["opening"], totals["closing"]) == (span.opening_minor, span.closing_minor)
    for earlier, later in pairwise(spans):
        assert (later.opening_minor, later.after_seq) == (earlier.closing_minor, earlier.to_seq)
    assert spans[0].opening_minor == 0
    assert spans[-1].closing_minor == balance_now(view.id).posted_minor == sum(minor for minor, _ in amounts)
    for cut, span in zip(cuts, spans, strict=False):
        assert span.closing_minor == balance_at(account_id=view.id, at=cut - timedelta(microseconds=1))


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(amounts=AMOUNTS)
def test_both_formats_say_what_the_ledger_says(amounts: list[tuple[int, int]]) -> None:
    view = wallet(floor_minor=None)
    for minor, _ in amounts:
        post(view.id, minor)
    document = _document(view.owner_id, span_of(account_id=view.id, since=START, before=END), 5)
    told = csv_totals(b"".join(CsvFile(document, with_bom=False)))
    assert pdf_totals(b"".join(PdfFile(document))) == told
    assert told["closing"] == balance_now(view.id).posted_minor
    assert told["entries"] == len(amounts)
