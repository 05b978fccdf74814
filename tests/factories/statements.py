"""Statements for tests: a history with movements of every kind, and files read back."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from pypdf import PdfReader

from accounts.statements import services
from accounts.statements.models import Statement
from accounts.wallets.selectors import wallet_of
from ledger import services as ledger
from ledger.chart import platform_account_id
from ledger.entries import EntryDraft, Leg
from tests.factories.activity import happened
from tests.factories.people import ORIGIN, now
from wallet_project.lib import db, ids

if TYPE_CHECKING:
    from datetime import date, datetime

    from accounts.identity.models import User

CLEARING = "clearing.stripe"


def booked(user: User, minor: int, *, currency: str = "EUR", at: datetime | None = None, **words: Any) -> UUID:
    """One transfer on the wallet of ``user`` with its row of the feed; above zero it comes in. Its subject's id."""
    wallet = wallet_of(user, currency)
    assert wallet is not None
    subject, moment = words.pop("subject_id", None) or uuid4(), at or now()
    happened(
        user, minor, currency=currency, subject_id=subject, reference=ids.public("trf", subject), occurred_at=moment,
        **words,
    )  # fmt: skip
    post(wallet.id, minor, reference=ids.public("trf", subject), currency=currency, at=moment)
    return subject


def post(
    account_id: int, minor: int, *, reference: str = "", currency: str = "EUR", at: datetime | None = None,
    kind: str = "transfer", fee_minor: int = 0,
) -> None:  # fmt: skip
    """An entry alone: ``minor`` on the account, the rest of it from clearing, ``fee_minor`` of it ours."""
    other = Leg(platform_account_id(CLEARING, currency), -minor - fee_minor, currency)
    fee = (Leg(platform_account_id("income.fees", currency), fee_minor, currency),) if fee_minor else ()
    with db.transaction_if_not_already():
        ledger.post(
            EntryDraft(
                intent_id=uuid4(),
                step="pay",
                kind=kind,
                legs=(Leg(account_id, minor, currency), other, *fee),
                effective_at=at or now(),
                actor="test",
                reference=reference,
            )
        )


def asked(user: User, first_day: date, last_day: date, **changes: Any) -> Statement:
    """A statement of the person's euro wallet, requested and not made."""
    wallet = wallet_of(user, changes.pop("currency", "EUR"))
    assert wallet is not None
    at = changes.pop("at", None) or now()
    key = changes.pop("key", None) or uuid4().hex
    wish = {
        "wallet_id": wallet.public_id, "first_day": first_day, "last_day": last_day, "format": "csv", "language": "en",
    }  # fmt: skip
    return services.request_statement(
        user=user, wish=services.Wish(**(wish | changes)), idempotency_key=key, origin=ORIGIN, at=at
    ).statement


def made(user: User, first_day: date, last_day: date, **changes: Any) -> Statement:
    """The same, made."""
    statement = asked(user, first_day, last_day, **changes)
    assert services.make(statement_id=statement.pk, at=changes.get("at") or now())
    return Statement.objects.get(pk=statement.pk)


def csv_rows(content: bytes) -> list[dict[str, str]]:
    """The lines of a CSV statement."""
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def csv_totals(content: bytes) -> dict[str, int]:
    """What a CSV statement comes to, in minor units, from its lines alone."""
    rows = csv_rows(content)
    entries = [row for row in rows if row["row"] == "entry"]
    ends = {row["row"]: int(row["balance_minor"].lstrip("'")) for row in rows if row["row"] in {"opening", "closing"}}
    return {
        "entries": len(entries),
        "in": sum(int(row["money_in_minor"] or 0) for row in entries),
        "out": sum(int(row["money_out_minor"] or 0) for row in entries),
        **ends,
    }


def pdf_text(content: bytes) -> str:
    """The words of a PDF statement."""
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


def pdf_totals(content: bytes) -> dict[str, int]:
    """What an English PDF statement in euro comes to, from its lines alone: every amount of every line, added up."""
    text = pdf_text(content)
    _, _, table = text.partition("\nEntries\n")
    opening = _cents(re.search(r"Opening balance\s+(\S*€[\d.,]+)", table))
    closing = _cents(re.search(r"Closing balance\s+(\S*€[\d.,]+)", table))
    lines = re.findall(r"(−?€[\d,]+\.\d\d)\s+(−?€[\d,]+\.\d\d)(?=\s*\n|\s*$)", table)
    moved = [_minor(amount) for amount, _balance in lines]
    return {
        "entries": len(moved),
        "in": sum(minor for minor in moved if minor > 0),
        "out": -sum(minor for minor in moved if minor < 0),
        "opening": opening,
        "closing": closing,
    }


def _cents(match: re.Match[str] | None) -> int:
    assert match is not None
    return _minor(match[1])


def _minor(text: str) -> int:
    digits = int(re.sub(r"\D", "", text))
    return -digits if "−" in text else digits
