"""What banks send: versions, missing fields, unknown elements, several statements; and what is not safe to read."""

import tracemalloc
from datetime import date
from pathlib import Path

import pytest

from ledger.money import Money
from payments.providers.bank.facts import (
    FileStatus,
    MessageKind,
    Movement,
    PaymentStatus,
    ReturnedPayment,
    StatementHead,
    UnreadableEntry,
)
from payments.providers.bank.reader import Unreadable, kind_of, read_account, read_returns, read_status

NS = "urn:iso:std:iso:20022:tech:xsd:"


def document(message: str, inside: str) -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?><Document xmlns="{NS}{message}">{inside}</Document>'.encode()


V8 = document(
    "camt.053.001.08",
    """<BkToCstmrStmt><GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-11-24T23:59:59Z</CreDtTm></GrpHdr>
    <Stmt><Id>S-1</Id><ElctrncSeqNb>7</ElctrncSeqNb><CreDtTm>2026-11-24T23:59:59Z</CreDtTm>
      <Acct><Id><IBAN>NL84MOCK0000000100</IBAN></Id><Ccy>EUR</Ccy><Svcr><Whatever>x</Whatever></Svcr></Acct>
      <Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">10.00</Amt><CdtDbtInd>DBIT</CdtDbtInd>
        <Dt><Dt>2026-11-24</Dt></Dt></Bal>
      <Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">2.50</Amt><CdtDbtInd>CRDT</CdtDbtInd>
        <Dt><Dt>2026-11-24</Dt></Dt></Bal>
      <Ntry><NtryRef>1</NtryRef><Amt Ccy="EUR">7.50</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>
        <BookgDt><Dt>2026-11-24</Dt></BookgDt><ValDt><DtTm>2026-11-25T00:00:00+01:00</DtTm></ValDt>
        <AcctSvcrRef>REF-1</AcctSvcrRef><Unknown><Deep>é</Deep></Unknown>
        <NtryDtls><TxDtls><Refs><MsgId>OURFILE</MsgId><EndToEndId>e1</EndToEndId></Refs>
          <Amt Ccy="EUR">7.50</Amt></TxDtls></NtryDtls></Ntry>
      <Ntry><Amt Ccy="EUR">20</Amt><CdtDbtInd>CRDT</CdtDbtInd>
        <NtryDtls><TxDtls><Refs><EndToEndId>e2</EndToEndId></Refs>
          <RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf></TxDtls></NtryDtls></Ntry>
    </Stmt>
    <Stmt><Id>S-2</Id><Acct><Id><Othr><Id>12 34</Id></Othr></Id></Acct>
      <Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="USD">1.00</Amt><CdtDbtInd>CRDT</CdtDbtInd></Bal>
      <FutureThing/></Stmt></BkToCstmrStmt>""",
)


def test_several_statements_with_unknown_and_missing_elements() -> None:
    assert kind_of(V8) is MessageKind.STATEMENT
    assert list(read_account(V8)) == [
        StatementHead("S-1", "7", "NL84MOCK0000000100", "EUR", -1000, 250, date(2026, 11, 24)),
        Movement(
            Money(750, "EUR"), False, True, False, date(2026, 11, 24), date(2026, 11, 25), "e1", "OURFILE", "REF-1", ""
        ),
        Movement(Money(2000, "EUR"), True, True, False, None, None, "e2", "", "", "AC04"),
        StatementHead("S-2", "", "1234", "USD", 100, None, None),
    ]


def test_the_older_version_reads_the_same() -> None:
    old = document(
        "camt.053.001.02",
        """<BkToCstmrStmt><Stmt><Id>S</Id><Acct><Id><IBAN>DE89370400440532013000</IBAN></Id></Acct>
        <Bal><Tp><CdOrPrtry><Cd>PRCD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">1.00</Amt><CdtDbtInd>CRDT</CdtDbtInd></Bal>
        <Ntry><Amt Ccy="EUR">1.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>PDNG</Sts>
          <NtryDtls><TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs>
          <AmtDtls><TxAmt><Amt Ccy="EUR">1.00</Amt></TxAmt></AmtDtls></TxDtls></NtryDtls></Ntry>
        </Stmt></BkToCstmrStmt>""",
    )
    head, movement = read_account(old)
    assert isinstance(head, StatementHead)
    assert (head.opening_minor, head.closing_minor, head.currency) == (100, None, "EUR")
    assert isinstance(movement, Movement)
    assert (movement.is_booked, movement.end_to_end_id, movement.amount) == (False, "", Money(100, "EUR"))


def test_an_entry_of_several_transactions_is_several_movements() -> None:
    collected = document(
        "camt.054.001.08",
        """<BkToCstmrDbtCdtNtfctn><Ntfctn><Id>N</Id><Acct><Id><IBAN>X</IBAN></Id></Acct>
        <Ntry><Amt Ccy="EUR">3.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><NtryDtls>
        <TxDtls><Refs><EndToEndId>a</EndToEndId></Refs><Amt Ccy="EUR">1.00</Amt></TxDtls>
        <TxDtls><Refs><EndToEndId>b</EndToEndId></Refs><Amt Ccy="EUR">2.00</Amt></TxDtls>
        </NtryDtls></Ntry></Ntfctn></BkToCstmrDbtCdtNtfctn>""",
    )
    assert kind_of(collected) is MessageKind.NOTICE
    movements = [fact for fact in read_account(collected) if isinstance(fact, Movement)]
    assert [(one.end_to_end_id, one.amount.amount_minor) for one in movements] == [("a", 100), ("b", 200)]


def test_an_entry_the_bank_does_not_itemise_is_one_movement_without_names() -> None:
    bare = document(
        "camt.052.001.08",
        """<BkToCstmrAcctRpt><Rpt><Id>R</Id><Ntry><Amt Ccy="JPY">5</Amt><CdtDbtInd>CRDT</CdtDbtInd>
        <RvslInd>true</RvslInd></Ntry></Rpt></BkToCstmrAcctRpt>""",
    )
    assert kind_of(bare) is MessageKind.REPORT
    head, movement = read_account(bare)
    assert head == StatementHead("R", "", "", "", None, None, None)
    assert movement == Movement(Money(5, "JPY"), True, True, True, None, None, "", "", "", "")


STATUS = """<CstmrPmtStsRpt><GrpHdr><MsgId>B</MsgId></GrpHdr><OrgnlGrpInfAndSts><OrgnlMsgId>OURFILE</OrgnlMsgId>
    {group}</OrgnlGrpInfAndSts>{batch}</CstmrPmtStsRpt>"""


def test_a_status_report_of_single_payments() -> None:
    part = document(
        "pain.002.001.10",
        STATUS.format(
            group="<GrpSts>PART</GrpSts>",
            batch="""<OrgnlPmtInfAndSts><OrgnlPmtInfId>OURFILE-1</OrgnlPmtInfId><PmtInfSts>PART</PmtInfSts>
            <TxInfAndSts><OrgnlEndToEndId>a</OrgnlEndToEndId><TxSts>ACCP</TxSts></TxInfAndSts>
            <TxInfAndSts><StsId>Z9</StsId><OrgnlEndToEndId>b</OrgnlEndToEndId><TxSts>RJCT</TxSts>
              <StsRsnInf><Orgtr/></StsRsnInf><StsRsnInf><Rsn><Cd>AC04</Cd></Rsn><AddtlInf>x</AddtlInf></StsRsnInf>
            </TxInfAndSts></OrgnlPmtInfAndSts>""",
        ),
    )
    assert kind_of(part) is MessageKind.STATUS
    assert list(read_status(part)) == [
        FileStatus("OURFILE", "PART", ""),
        PaymentStatus("a", "ACCP", "", "", "OURFILE"),
        PaymentStatus("b", "RJCT", "AC04", "Z9", "OURFILE"),
    ]


def test_a_status_report_of_the_whole_file_and_of_a_group() -> None:
    whole = STATUS.format(
        group="<GrpSts>RJCT</GrpSts><StsRsnInf><Rsn><Prtry>LOCAL-7</Prtry></Rsn></StsRsnInf>", batch=""
    )
    assert list(read_status(document("pain.002.001.03", whole))) == [FileStatus("OURFILE", "RJCT", "LOCAL-7")]
    group = STATUS.format(
        group="",
        batch="""<OrgnlPmtInfAndSts><OrgnlPmtInfId>OURFILE-1</OrgnlPmtInfId><PmtInfSts>RJCT</PmtInfSts>
        <StsRsnInf><Rsn><Cd>AC01</Cd></Rsn></StsRsnInf></OrgnlPmtInfAndSts>""",
    )
    assert list(read_status(document("pain.002.001.10", group))) == [
        FileStatus("OURFILE", "", ""),
        FileStatus("OURFILE", "RJCT", "AC01"),
    ]


def test_a_return() -> None:
    message = document(
        "pacs.004.001.09",
        """<PmtRtr><GrpHdr><MsgId>R</MsgId></GrpHdr><OrgnlGrpInf><OrgnlMsgId>OURFILE</OrgnlMsgId></OrgnlGrpInf>
        <TxInf><RtrId>RT-1</RtrId><OrgnlEndToEndId>a</OrgnlEndToEndId>
        <RtrdIntrBkSttlmAmt Ccy="EUR">9.90</RtrdIntrBkSttlmAmt>
        <IntrBkSttlmDt>2026-11-30</IntrBkSttlmDt><RtrRsnInf><Rsn><Cd>AC04</Cd></Rsn></RtrRsnInf></TxInf>
        <TxInf><OrgnlGrpInf><OrgnlMsgId>ITSOWN</OrgnlMsgId></OrgnlGrpInf><OrgnlEndToEndId>b</OrgnlEndToEndId>
        <RtrdIntrBkSttlmAmt Ccy="EUR">1</RtrdIntrBkSttlmAmt></TxInf></PmtRtr>""",
    )
    assert kind_of(message) is MessageKind.RETURN
    assert list(read_returns(message)) == [
        ReturnedPayment("a", Money(990, "EUR"), "AC04", "RT-1", date(2026, 11, 30), "OURFILE"),
        ReturnedPayment("b", Money(100, "EUR"), "NARR", "", None, "ITSOWN"),
    ]


BOMB = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
<Document><BkToCstmrStmt><Stmt><Id>&b;</Id></Stmt></BkToCstmrStmt></Document>"""


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not xml",
        b"<Document><BkToCstmrStmt><Stmt><Id>1</Id>",
        BOMB,
        b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><Document><BkToCstmrStmt><Stmt/></BkToCstmrStmt></Document>',
        b'<?xml version="1.0" encoding="no-such"?><Document><BkToCstmrStmt><Stmt/></BkToCstmrStmt></Document>',
    ],
)
def test_what_cannot_be_read_says_so(body: bytes) -> None:
    with pytest.raises(Unreadable):
        list(read_account(body))


@pytest.mark.parametrize(
    "inside",
    [
        "",
        '<Amt Ccy="EUR">1.001</Amt>',
        '<Amt Ccy="EUR">-1</Amt>',
        '<Amt Ccy="EUR">1e9</Amt>',
        '<Amt Ccy="XXQ">1</Amt>',
        "<Amt>1</Amt>",
        '<Amt Ccy="EUR">999999999999999999</Amt>',
        '<Amt Ccy="EUR">1</Amt><BookgDt><Dt>2026-13-01</Dt></BookgDt>',
        '<Amt Ccy="EUR">1</Amt><ValDt><DtTm>soon</DtTm></ValDt>',
    ],
)
def test_an_entry_that_cannot_be_read_is_told_in_its_place(inside: str) -> None:
    good = '<Ntry><Amt Ccy="EUR">1</Amt></Ntry>'
    body = document("camt.053.001.08", f"<BkToCstmrStmt><Stmt><Ntry>{inside}</Ntry>{good}</Stmt></BkToCstmrStmt>")
    _, fault, movement = read_account(body)
    assert isinstance(fault, UnreadableEntry)
    assert fault.problem
    assert isinstance(movement, Movement)


def test_another_message_is_not_ours_to_read() -> None:
    assert kind_of(document("admi.002.001.01", "<admi.002.001.01/>")) is MessageKind.OTHER


def test_a_status_report_that_names_no_file_is_refused() -> None:
    with pytest.raises(Unreadable):
        list(read_status(document("pain.002.001.10", "<CstmrPmtStsRpt><GrpHdr/></CstmrPmtStsRpt>")))


def test_memory_does_not_grow_with_the_number_of_entries(tmp_path: Path) -> None:
    entry = '<Ntry><Amt Ccy="EUR">1.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Pad>' + "x" * 500 + "</Pad></Ntry>"
    body = document("camt.053.001.08", f"<BkToCstmrStmt><Stmt><Id>S</Id>{entry * 10_000}</Stmt></BkToCstmrStmt>")
    tracemalloc.start()
    count = sum(1 for _ in read_account(body))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 10_001
    assert peak < 2_000_000
