"""Statements of the bank written by hand, kept, followed and compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payments.payouts import services
from payments.payouts.services.collecting import keep
from payments.providers.bank.facts import Letter
from payments.reconciliation.services import reconcile_due

if TYPE_CHECKING:
    from datetime import datetime


def entry(end_to_end_id: str, amount: str = "100.00", side: str = "DBIT") -> str:
    """One booked movement."""
    return (
        f'<Ntry><Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>'
        f"<BookgDt><Dt>2026-11-23</Dt></BookgDt><NtryDtls><TxDtls><Refs>"
        f"<EndToEndId>{end_to_end_id}</EndToEndId></Refs></TxDtls></NtryDtls></Ntry>"
    )


def written(number: int, *entries: str, day: str, opening: str, closing: str) -> str:
    """The bank's statement of this number and day."""
    balances = "".join(
        f'<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">{amount}</Amt>'
        f"<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>"
        for kind, amount in (("OPBD", opening), ("CLBD", closing))
    )
    return (
        f"<Document><BkToCstmrStmt><Stmt><Id>S{number}</Id><ElctrncSeqNb>{number}</ElctrncSeqNb><Acct><Id>"
        f"<IBAN>NL84MOCK0000000100</IBAN></Id><Ccy>EUR</Ccy></Acct>{balances}{''.join(entries)}</Stmt></BkToCstmrStmt>"
        "</Document>"
    )


def say(
    number: int, *entries: str, day: str, opening: str, closing: str, at: datetime, letter: int | None = None
) -> None:
    """Keeps, follows and compares it, as the message of the same number unless ``letter`` says another."""
    body = written(number, *entries, day=day, opening=opening, closing=closing)
    keep([Letter(letter or number, "WALLET", body)], at=at)
    services.handle_due(at=at)
    reconcile_due(at=at)
