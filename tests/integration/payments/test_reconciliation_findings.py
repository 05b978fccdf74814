"""Statements that do not agree with us: written by hand, because the mock bank is too honest for most of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from payments.payouts import services
from payments.payouts.models import BankMessage, PayoutBatch, PayoutItem
from payments.payouts.services.collecting import keep
from payments.providers.bank.facts import Letter
from payments.reconciliation.models import BankStatement, ReconciliationBreak
from payments.reconciliation.services import reconcile_due
from tests.factories.payouts import Books, approved, bank_account, books, statuses

if TYPE_CHECKING:
    from accounts.identity.models import User
    from payments.banking.models import Withdrawal
    from tests.fakes.bank import Bank

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 23, 9, tzinfo=UTC)
PAID = Books(wallet=19_950, held=0, clearing=0, bank=10_000, fees=50)
HELD = Books(wallet=30_000, held=10_050, clearing=0, bank=0, fees=0)
FREE = Books(wallet=30_000, held=0, clearing=0, bank=0, fees=0)


@pytest.fixture
def one(alice: User, bank: Bank) -> Withdrawal:
    """EUR 100.00 in a file that has left; the bank has said nothing."""
    (row,) = approved(bank_account(alice, at=AT), [10_000], at=AT)
    services.build_batch(at=AT)
    PayoutBatch.objects.update(status="SENDING")
    PayoutBatch.objects.update(status="ANSWERED")
    return row


def entry(
    end_to_end_id: str, amount: str = "100.00", side: str = "DBIT", returned: str = "", state: str = "BOOK"
) -> str:
    reason = f"<RtrInf><Rsn><Cd>{returned}</Cd></Rsn></RtrInf>" if returned else ""
    return (
        f'<Ntry><Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd><Sts><Cd>{state}</Cd></Sts>'
        f"<BookgDt><Dt>2026-11-23</Dt></BookgDt><AcctSvcrRef>REF</AcctSvcrRef><NtryDtls><TxDtls><Refs>"
        f"<EndToEndId>{end_to_end_id}</EndToEndId></Refs>{reason}</TxDtls></NtryDtls></Ntry>"
    )


def balance(kind: str, amount: str, day: str) -> str:
    return (
        f'<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">{amount}</Amt>'
        f"<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>"
    )


def statement(
    *entries: str,
    opening: str = "1000.00",
    closing: str = "900.00",
    number: int = 1,
    day: str = "2026-11-23",
    account: str = "NL84MOCK0000000100",
) -> str:
    return (
        f"<Stmt><Id>S{number}</Id><ElctrncSeqNb>{number}</ElctrncSeqNb><Acct><Id><IBAN>{account}</IBAN></Id>"
        f"<Ccy>EUR</Ccy></Acct>{balance('OPBD', opening, day)}{balance('CLBD', closing, day)}{''.join(entries)}</Stmt>"
    )


def say(number: int, *statements: str) -> None:
    """The bank sends a file of statements; it is kept, followed and compared."""
    keep(
        [Letter(number, "WALLET", f"<Document><BkToCstmrStmt>{''.join(statements)}</BkToCstmrStmt></Document>")], at=AT
    )
    services.handle_due(at=AT)
    reconcile_due(at=AT)


def report(number: int, lines: str, group: str = "") -> None:
    """The bank sends a pain.002."""
    file = PayoutBatch.objects.get().message_id
    body = (
        f"<Document><CstmrPmtStsRpt><OrgnlGrpInfAndSts><OrgnlMsgId>{file}</OrgnlMsgId>{group}</OrgnlGrpInfAndSts>"
        f"<OrgnlPmtInfAndSts><OrgnlPmtInfId>{file}-1</OrgnlPmtInfId>{lines}</OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>"
    )
    keep([Letter(number, "WALLET", body)], at=AT)
    services.handle_due(at=AT)


def line(withdrawal: Withdrawal, status: str, reason: str = "") -> str:
    why = f"<StsRsnInf><Rsn><Cd>{reason}</Cd></Rsn></StsRsnInf>" if reason else ""
    return (
        f"<TxInfAndSts><OrgnlEndToEndId>{withdrawal.end_to_end_id}</OrgnlEndToEndId>"
        f"<TxSts>{status}</TxSts>{why}</TxInfAndSts>"
    )


def kinds() -> list[str]:
    return sorted(ReconciliationBreak.objects.values_list("kind", flat=True))


class TestStatements:
    def test_settles_what_was_never_reported(self, alice: User, one: Withdrawal) -> None:
        say(1, statement(entry(one.end_to_end_id)))
        assert (statuses([one]), books(alice), kinds()) == (["SETTLED"], PAID, [])

    def test_another_amount_settles_nothing(self, alice: User, one: Withdrawal) -> None:
        say(1, statement(entry(one.end_to_end_id, "99.99"), closing="900.01"))
        assert (statuses([one]), books(alice), kinds()) == (["SUBMITTED"], HELD, ["WRONG_AMOUNT"])
        assert ReconciliationBreak.objects.get().details["ours_minor"] == 10_000

    def test_twice_in_one_statement_and_again_in_another(self, alice: User, one: Withdrawal) -> None:
        say(1, statement(entry(one.end_to_end_id), entry(one.end_to_end_id), closing="800.00"))
        assert (books(alice), kinds()) == (PAID, ["PAID_TWICE"])
        say(2, statement(entry(one.end_to_end_id), opening="800.00", closing="700.00", number=2, day="2026-11-24"))
        assert (books(alice), kinds()) == (PAID, ["PAID_TWICE", "PAID_TWICE"])

    def test_paid_although_it_had_failed(self, alice: User, one: Withdrawal) -> None:
        report(1, line(one, "RJCT", "AC04"))
        assert (statuses([one]), books(alice)) == (["FAILED"], FREE)
        say(2, statement(entry(one.end_to_end_id)))
        assert (statuses([one]), books(alice), kinds()) == (["FAILED"], FREE, ["PAID_AFTER_FAILURE"])

    def test_pending_movements_are_not_booked(self, alice: User, one: Withdrawal) -> None:
        say(1, statement(entry(one.end_to_end_id, state="PDNG"), closing="1000.00"))
        assert (books(alice), kinds()) == (HELD, [])

    def test_several_statements_a_file_and_those_of_others(self, alice: User, one: Withdrawal) -> None:
        say(
            1,
            statement(entry("theirs"), account="DE89370400440532013000", number=9),
            statement(entry(one.end_to_end_id), number=1),
            statement(opening="900.00", closing="900.00", number=2, day="2026-11-24"),
        )
        assert (books(alice), kinds()) == (PAID, [])
        assert list(BankStatement.objects.order_by("position").values_list("number", "entries", "sum_minor")) == [
            (1, 1, -10_000),
            (2, 0, 0),
        ]

    def test_a_hole_in_the_numbers_a_jump_and_a_wrong_sum(self, one: Withdrawal) -> None:
        say(1, statement(opening="1000.00", closing="1000.00"))
        say(2, statement(opening="990.00", closing="980.00", number=3, day="2026-11-25"))
        assert kinds() == ["OPENING_DIFFERS", "STATEMENT_MISSING", "SUM_DIFFERS"]
        assert {row.kind: row.details.get("difference_minor") for row in ReconciliationBreak.objects.all()} == {
            "OPENING_DIFFERS": -1_000,
            "STATEMENT_MISSING": None,
            "SUM_DIFFERS": -1_000,
        }

    def test_accepted_and_not_booked_for_days(self, alice: User, one: Withdrawal) -> None:
        report(1, line(one, "ACCP"))
        say(2, statement(opening="1000.00", closing="1000.00", day="2026-11-28"))
        assert kinds() == []
        say(3, statement(opening="1000.00", closing="1000.00", number=2, day="2026-11-30"))
        assert kinds() == ["NOT_BOOKED"]
        assert books(alice) == Books(wallet=19_950, held=0, clearing=10_000, bank=0, fees=50)

    def test_read_again_finds_the_same_once(self, alice: User, one: Withdrawal) -> None:
        say(1, statement(entry(one.end_to_end_id, "99.99"), entry("nobody"), closing="800.01"))
        before = kinds()
        BankMessage.objects.update(reconciled_at=AT)
        assert reconcile_due(at=AT) == 0
        assert kinds() == before == ["UNKNOWN_ENTRY", "WRONG_AMOUNT"]


class TestReports:
    def test_a_whole_file_accepted_without_lines(self, alice: User, one: Withdrawal) -> None:
        report(1, "", group="<GrpSts>ACSP</GrpSts>")
        assert (statuses([one]), books(alice).clearing) == (["SENT"], 10_000)

    @pytest.mark.parametrize("status", ["RCVD", "PDNG", "ACTC"])
    def test_looking_at_it_is_no_answer(self, alice: User, one: Withdrawal, status: str) -> None:
        report(1, line(one, status), group=f"<GrpSts>{status}</GrpSts>")
        assert (statuses([one]), books(alice)) == (["SUBMITTED"], HELD)

    def test_rejected_after_it_was_accepted_comes_back(self, alice: User, one: Withdrawal) -> None:
        report(1, line(one, "ACCP"))
        report(2, line(one, "RJCT", "AC04"))
        assert statuses([one]) == ["SENT"]
        assert books(alice) == Books(wallet=29_950, held=0, clearing=0, bank=0, fees=50)
        report(3, line(one, "RJCT", "AC04"))
        assert books(alice) == Books(wallet=29_950, held=0, clearing=0, bank=0, fees=50)

    def test_a_whole_file_rejected_after_it_was_accepted_comes_back(self, alice: User, one: Withdrawal) -> None:
        report(1, "", group="<GrpSts>ACCP</GrpSts>")
        report(2, "", group="<GrpSts>RJCT</GrpSts><StsRsnInf><Rsn><Cd>MS03</Cd></Rsn></StsRsnInf>")
        assert PayoutBatch.objects.get().status == "REFUSED"
        assert books(alice) == FREE

    def test_rejected_after_it_was_booked_is_for_a_person(self, alice: User, one: Withdrawal) -> None:
        say(1, statement(entry(one.end_to_end_id)))
        report(2, line(one, "RJCT", "AC04"))
        assert (statuses([one]), books(alice)) == (["SETTLED"], PAID)
        assert BankMessage.objects.get(number=2).problem == "rejected_after_booking"

    @pytest.mark.parametrize("reason", ["DUPL", "AM05", "DU01"])
    def test_i_have_this_already_fails_nothing(self, alice: User, one: Withdrawal, reason: str) -> None:
        report(1, line(one, "RJCT", reason))
        report(2, "", group=f"<GrpSts>RJCT</GrpSts><StsRsnInf><Rsn><Cd>{reason}</Cd></Rsn></StsRsnInf>")
        assert (statuses([one]), books(alice)) == (["SUBMITTED"], HELD)

    def test_about_a_file_of_nobody_changes_nothing(self, alice: User, one: Withdrawal) -> None:
        body = "<Document><CstmrPmtStsRpt><OrgnlGrpInfAndSts><OrgnlMsgId>X</OrgnlMsgId><GrpSts>RJCT</GrpSts>"
        keep([Letter(1, "WALLET", body + "</OrgnlGrpInfAndSts></CstmrPmtStsRpt></Document>")], at=AT)
        assert services.handle_due(at=AT) == 1
        assert books(alice) == HELD


class TestReturns:
    def test_the_banks_credit_before_the_return_message(self, alice: User, one: Withdrawal) -> None:
        credit = entry(one.end_to_end_id, side="CRDT", returned="MD07")
        say(1, statement(entry(one.end_to_end_id), credit, closing="1000.00"))
        assert (statuses([one]), books(alice), kinds()) == (["SETTLED"], FREE, [])
        assert PayoutItem.objects.get().return_statement == BankMessage.objects.get()

    def test_part_of_it_coming_back_is_for_a_person(self, alice: User, one: Withdrawal) -> None:
        say(1, statement(entry(one.end_to_end_id)))
        body = (
            f"<Document><PmtRtr><OrgnlGrpInf><OrgnlMsgId>{PayoutBatch.objects.get().message_id}</OrgnlMsgId>"
            f"</OrgnlGrpInf><TxInf><OrgnlEndToEndId>{one.end_to_end_id}</OrgnlEndToEndId>"
            '<RtrdIntrBkSttlmAmt Ccy="EUR">95.00</RtrdIntrBkSttlmAmt></TxInf></PmtRtr></Document>'
        )
        keep([Letter(2, "WALLET", body)], at=AT)
        services.handle_due(at=AT)
        assert books(alice) == PAID
        assert BankMessage.objects.get(number=2).problem == "return_of_another_amount"


def test_what_fails_five_times_waits_for_a_person(one: Withdrawal) -> None:
    keep([Letter(1, "WALLET", "<Document><BkToCstmrStmt/></Document>")], at=AT)
    BankMessage.objects.update(attempts=5)
    assert services.handle_due(at=AT + timedelta(hours=1)) == 0
    assert BankMessage.objects.values_list("state", "problem").get() == ("FAILED", "gave_up")
