"""Reading what the bank sends: pain.002, camt.052, camt.053, camt.054, pacs.004, of any version.

Each reader gives its facts one by one, in the file's order, and raises Unreadable, perhaps after some of them: act on
a file only as far as acting twice does no harm.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from payments.providers.bank.facts import (
    FileStatus,
    MessageKind,
    Movement,
    PaymentStatus,
    ReturnedPayment,
    StatementHead,
    UnreadableEntry,
)
from payments.providers.bank.xml import Unreadable, children, day, first, local, money, pieces, text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
    from xml.etree.ElementTree import Element

    from ledger.money import Money

__all__ = ["Unreadable", "kind_of", "read_account", "read_returns", "read_status"]

_ROOTS = {
    "CstmrPmtStsRpt": MessageKind.STATUS,
    "BkToCstmrDbtCdtNtfctn": MessageKind.NOTICE,
    "BkToCstmrStmt": MessageKind.STATEMENT,
    "BkToCstmrAcctRpt": MessageKind.REPORT,
    "PmtRtr": MessageKind.RETURN,
}
_NOT_GIVEN = "NOTPROVIDED"
_OPENING, _CLOSING = ("OPBD", "PRCD", "OPAV"), ("CLBD", "ITBD", "CLAV")


def kind_of(body: bytes) -> MessageKind:
    """Which message this is, by its first element: the bank's file names and versions do not matter."""
    for _, element in pieces(body, _ROOTS):
        return _ROOTS[local(element)]
    return MessageKind.OTHER


def read_status(body: bytes) -> Iterator[FileStatus | PaymentStatus]:
    """pain.002: the file first (one line for each file it speaks of), then its payments that the bank lists."""
    file: str | None = None
    batch_lines = 0
    for tag, element in pieces(body, {"OrgnlGrpInfAndSts", "OrgnlPmtInfAndSts", "TxInfAndSts"}):
        if tag == "OrgnlGrpInfAndSts":
            file = _id(element, "OrgnlMsgId")
            yield FileStatus(file, text(element, "GrpSts"), _reason(element))
        elif tag == "<OrgnlPmtInfAndSts":
            batch_lines = 0
        elif tag == "TxInfAndSts":
            batch_lines += 1
            yield PaymentStatus(
                end_to_end_id=_id(element, "OrgnlEndToEndId"),
                status=text(element, "TxSts"),
                reason=_reason(element),
                bank_reference=text(element, "AcctSvcrRef", "StsId")[:35],
                message_id=file or "",
            )
        elif tag == "OrgnlPmtInfAndSts" and not batch_lines and text(element, "PmtInfSts"):
            # Our files have one group of payments, so a status of the group without lines is one of the file.
            yield FileStatus(_batch_id(element), text(element, "PmtInfSts"), _reason(element))
    if file is None:
        raise Unreadable("no original file named")


def _batch_id(batch: Element) -> str:
    """pain001.py names a group after its file: <MsgId>-<number>."""
    return _id(batch, "OrgnlPmtInfId").rpartition("-")[0]


def _reason(element: Element) -> str:
    """The first reason code; a proprietary one reads like a code."""
    for information in children(element, "StsRsnInf"):
        found = text(information, "Rsn/Cd", "Rsn/Prtry")
        if found:
            return found[:35]
    return ""


def read_account(body: bytes) -> Iterator[StatementHead | Movement | UnreadableEntry]:
    """camt.052, .053, .054: the head of each statement, then its movements; several statements a file.

    An entry that cannot be read is told in its place, and does not hide the others.
    """
    reports = {"Stmt", "Rpt", "Ntfctn"}
    report: Element | None = None
    is_told = False
    for tag, element in pieces(body, {*reports, "Ntry"}):
        if tag.startswith("<") and tag[1:] in reports:
            report, is_told = element, False
        elif report is not None and tag in ("<Ntry", *reports) and not is_told:
            # Account and balances stand before the first entry (the schemas' order), so they are complete by now.
            is_told = True
            yield _head(report)
        if tag == "Ntry":
            yield from _read_entry(element)


def _head(report: Element) -> StatementHead:
    opening, closing = _balance(report, _OPENING), _balance(report, _CLOSING)
    return StatementHead(
        identification=text(report, "Id")[:35],
        number=text(report, "ElctrncSeqNb", "LglSeqNb"),
        account=text(report, "Acct/Id/IBAN", "Acct/Id/Othr/Id").replace(" ", ""),
        currency=(text(report, "Acct/Ccy") or _balance_currency(report))[:12],
        opening_minor=opening,
        closing_minor=closing,
        day=_closing_day(report) or day(report, "FrToDt/ToDtTm", "FrToDt/ToDt", "CreDtTm"),
    )


def _balance(report: Element, wanted: tuple[str, ...]) -> int | None:
    for kind in wanted:
        for balance in children(report, "Bal"):
            amount = money(balance, "Amt")
            if text(balance, "Tp/CdOrPrtry/Cd") == kind and amount is not None:
                return amount.amount_minor if text(balance, "CdtDbtInd") != "DBIT" else -amount.amount_minor
    return None


def _balance_currency(report: Element) -> str:
    found = money(report, "Bal/Amt")
    return "" if found is None else found.currency


def _closing_day(report: Element) -> date | None:
    for balance in children(report, "Bal"):
        if text(balance, "Tp/CdOrPrtry/Cd") == "CLBD":
            return day(balance, "Dt")
    return None


def _read_entry(entry: Element) -> list[Movement] | list[UnreadableEntry]:
    try:
        return list(_movements(entry))
    except Unreadable as error:
        return [UnreadableEntry(str(error))]


def _movements(entry: Element) -> Iterator[Movement]:
    """An entry as the bank itemises it: a line for each transaction, or one for the whole."""
    total = money(entry, "Amt")
    if total is None:
        raise Unreadable("entry without amount")
    details = [line for group in children(entry, "NtryDtls") for line in children(group, "TxDtls")]
    if len(details) < 2:
        yield _movement(entry, details[0] if details else None, total)
        return
    for line in details:
        amount = money(line, "Amt", "AmtDtls/TxAmt/Amt", "AmtDtls/InstdAmt/Amt")
        if amount is None:
            raise Unreadable("one of several transactions without amount")
        yield _movement(entry, line, amount)


def _movement(entry: Element, line: Element | None, amount: Money) -> Movement:
    return Movement(
        amount=amount,
        is_credit=(text(line, "CdtDbtInd") or text(entry, "CdtDbtInd")) == "CRDT",
        is_booked=(text(entry, "Sts/Cd", "Sts") or "BOOK") == "BOOK",
        is_reversal=text(entry, "RvslInd") in ("true", "1"),
        booked_on=day(entry, "BookgDt"),
        value_on=day(entry, "ValDt"),
        end_to_end_id=_id(line, "Refs/EndToEndId"),
        message_id=_id(line, "Refs/MsgId"),
        bank_reference=(text(line, "Refs/AcctSvcrRef") or text(entry, "AcctSvcrRef", "NtryRef"))[:35],
        return_reason=_return_reason(line),
    )


def _return_reason(line: Element | None) -> str:
    if first(line, "RtrInf") is None:
        return ""
    return text(line, "RtrInf/Rsn/Cd", "RtrInf/Rsn/Prtry")[:35] or "NARR"


def read_returns(body: bytes) -> Iterator[ReturnedPayment]:
    """pacs.004: each payment that comes back."""
    file = own_file = ""
    is_in_payment = False
    for tag, element in pieces(body, {"TxInf", "OrgnlGrpInf"}):
        if tag == "<TxInf":
            is_in_payment, own_file = True, ""
        elif tag == "OrgnlGrpInf" and is_in_payment:
            own_file = _id(element, "OrgnlMsgId")
        elif tag == "OrgnlGrpInf":
            file = _id(element, "OrgnlMsgId")
        if tag != "TxInf":
            continue
        is_in_payment = False
        amount = money(element, "RtrdIntrBkSttlmAmt", "RtrdInstdAmt")
        if amount is None:
            raise Unreadable("return without amount")
        reason = next((text(one, "Rsn/Cd", "Rsn/Prtry") for one in children(element, "RtrRsnInf")), "")
        yield ReturnedPayment(
            end_to_end_id=_id(element, "OrgnlEndToEndId"),
            amount=amount,
            reason=reason[:35] or "NARR",
            bank_reference=text(element, "RtrId")[:35],
            booked_on=day(element, "IntrBkSttlmDt"),
            message_id=own_file or file,
        )


def _id(element: Element | None, path: str) -> str:
    """An identifier of ours, or "" where the bank has to write something and knows nothing (ISO 20022)."""
    found = text(element, path)
    return "" if found == _NOT_GIVEN else found
