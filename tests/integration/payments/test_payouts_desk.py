"""Messages of the bank with a problem, at the desk: followed again or closed, with a note, by treasury."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse

from accounts.approvals.errors import NotPermitted, ReasonMissing
from accounts.audit.models import RecordedEvent
from payments.payouts import services
from payments.payouts.models import BankMessage, PayoutBatch
from payments.payouts.policy import MESSAGE_ATTEMPTS_MAX
from payments.payouts.selectors import problem_messages, without_answer
from payments.payouts.services.attending import NothingToAttend
from payments.payouts.services.collecting import keep
from payments.payouts.states import MessageState
from payments.providers.bank.facts import Letter
from payments.reconciliation.kinds import BreakKind
from payments.reconciliation.models import ReconciliationBreak
from payments.reconciliation.services import reconcile_due
from tests.factories.payouts import approved, bank_account, statuses
from tests.factories.people import ORIGIN
from tests.factories.staff import desk, make_officer
from wallet_project.lib import ids
from wallet_project.lib.errors import NotFound

if TYPE_CHECKING:
    from accounts.identity.models import User
    from payments.banking.models import Withdrawal
    from tests.fakes.bank import Bank

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 20, 9, tzinfo=UTC)
REJECTED = (
    "<Document><CstmrPmtStsRpt><OrgnlGrpInfAndSts><OrgnlMsgId>{file}</OrgnlMsgId></OrgnlGrpInfAndSts>"
    "<OrgnlPmtInfAndSts><OrgnlPmtInfId>{file}-1</OrgnlPmtInfId><TxInfAndSts><OrgnlEndToEndId>{payment}</OrgnlEndToEndId>"
    "<TxSts>RJCT</TxSts><StsRsnInf><Rsn><Cd>AC04</Cd></Rsn></StsRsnInf></TxInfAndSts></OrgnlPmtInfAndSts>"
    "</CstmrPmtStsRpt></Document>"
)


@pytest.fixture
def grace(db: None) -> User:
    """Treasury, as the code says what it may do."""
    return make_officer("grace", "treasury")


@pytest.fixture
def one(alice: User) -> Withdrawal:
    """In a file that left."""
    (row,) = approved(bank_account(alice, at=AT), [1_000], at=AT)
    assert services.build_batch(at=AT) is not None
    PayoutBatch.objects.update(status="SENDING")
    PayoutBatch.objects.update(status="ANSWERED")
    return row


def statement(*entries: str, day: str) -> str:
    """Our account on one day."""
    return (
        f"<Document><BkToCstmrStmt><Stmt><Id>S{day}</Id><Acct><Id><IBAN>NL84MOCK0000000100</IBAN></Id><Ccy>EUR</Ccy></Acct>"
        '<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">1.00</Amt><CdtDbtInd>CRDT</CdtDbtInd>'
        f"<Dt><Dt>{day}</Dt></Dt></Bal>{''.join(entries)}</Stmt></BkToCstmrStmt></Document>"
    )


@pytest.fixture
def given_up(one: Withdrawal) -> BankMessage:
    """A rejection that could not be followed as often as it may be tried."""
    body = REJECTED.format(file=PayoutBatch.objects.get().message_id, payment=one.end_to_end_id)
    keep([Letter(7, "WALLET", body)], at=AT)
    BankMessage.objects.update(attempts=MESSAGE_ATTEMPTS_MAX)
    assert services.handle_due(at=AT) == 0
    return BankMessage.objects.get()


def told() -> list[str]:
    return list(RecordedEvent.objects.filter(name__startswith="bank_message.").values_list("name", flat=True))


class TestWithoutAnAnswer:
    """A file has its answer when the bank has spoken of every payment in it, whatever it said about the file."""

    @pytest.mark.parametrize("status", ["ACTC", "PART", "PDNG"])
    def test_a_word_about_the_file_alone_is_none(self, one: Withdrawal, bank: Bank, status: str) -> None:
        file = PayoutBatch.objects.get().message_id
        group = f"<OrgnlGrpInfAndSts><OrgnlMsgId>{file}</OrgnlMsgId><GrpSts>{status}</GrpSts></OrgnlGrpInfAndSts>"
        keep([Letter(1, "WALLET", f"<Document><CstmrPmtStsRpt>{group}</CstmrPmtStsRpt></Document>")], at=AT)
        assert services.handle_due(at=AT) == 1
        late = AT + timedelta(hours=1)
        assert without_answer(at=late).count() == 1
        assert services.ask_due(at=late - timedelta(minutes=1)) == 0
        assert services.ask_due(at=late) == 1
        assert services.ask_due(at=late + timedelta(minutes=14)) == 0
        assert services.ask_due(at=late + timedelta(minutes=15)) == 1
        assert (statuses([one]), without_answer(at=late).count()) == (["SUBMITTED"], 1)

    def test_a_bank_that_books_has_answered(self, one: Withdrawal) -> None:
        entry = (
            '<Ntry><Amt Ccy="EUR">10.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><NtryDtls><TxDtls>'
            f"<Refs><EndToEndId>{one.end_to_end_id}</EndToEndId></Refs></TxDtls></NtryDtls></Ntry>"
        )
        keep([Letter(1, "WALLET", statement(entry, day="2026-11-20"))], at=AT)
        assert services.handle_due(at=AT) == 1
        assert (statuses([one]), PayoutBatch.objects.get().reported_at) == (["SETTLED"], AT)
        assert not without_answer(at=AT + timedelta(days=1)).exists()

    def test_accepted_by_nobody_and_not_booked_in_time_is_a_break(self, one: Withdrawal) -> None:
        for number, (day, expected) in enumerate([("2026-11-24", 0), ("2026-12-01", 1)], 1):
            keep([Letter(number, "WALLET", statement(day=day))], at=AT)
            services.handle_due(at=AT)
            reconcile_due(at=AT)
            late = ReconciliationBreak.objects.filter(kind=BreakKind.NOT_BOOKED)
            assert late.count() == expected
        assert late.get().details["end_to_end_id"] == one.end_to_end_id
        assert statuses([one]) == ["SUBMITTED"]


class TestReplay:
    def test_is_followed_from_its_beginning(self, one: Withdrawal, given_up: BankMessage, grace: User) -> None:
        assert (given_up.state, given_up.problem, problem_messages().count) == (MessageState.FAILED, "gave_up", 1)
        later = AT + timedelta(hours=1)
        services.replay(message_id=given_up.pk, by=grace, note="The fault is mended.", origin=ORIGIN, at=later)
        assert (statuses([one]), problem_messages().count) == (["SUBMITTED"], 0)
        assert services.handle_due(at=later) == 1
        row = BankMessage.objects.get()
        assert (row.state, row.problem, row.attempts) == (MessageState.HANDLED, "", 1)
        assert (row.note, row.noted_by, row.noted_at) == ("The fault is mended.", grace, later)
        assert (statuses([one]), told()) == (["FAILED"], ["bank_message.replayed"])
        with pytest.raises(NothingToAttend):
            services.replay(message_id=row.pk, by=grace, note="Again", origin=ORIGIN, at=later)


class TestClose:
    def test_leaves_the_queue_and_moves_nothing(self, one: Withdrawal, given_up: BankMessage, grace: User) -> None:
        services.close(message_id=given_up.pk, by=grace, note="The bank sent it twice.", origin=ORIGIN, at=AT)
        row = BankMessage.objects.get()
        assert (row.state, row.problem, row.is_closed) == (MessageState.FAILED, "gave_up", True)
        assert (row.note, row.noted_by) == ("The bank sent it twice.", grace)
        assert (problem_messages().count, statuses([one]), told()) == (0, ["SUBMITTED"], ["bank_message.closed"])
        with pytest.raises(NothingToAttend):
            services.close(message_id=row.pk, by=grace, note="Again", origin=ORIGIN, at=AT)

    def test_a_message_that_was_followed_but_has_a_problem(self, given_up: BankMessage, grace: User) -> None:
        BankMessage.objects.update(state=MessageState.HANDLED.value, handled_at=AT, problem="rejected_after_booking")
        assert problem_messages().count == 1
        services.close(message_id=given_up.pk, by=grace, note="It was booked.", origin=ORIGIN, at=AT)
        assert problem_messages().count == 0


@pytest.mark.parametrize("verb", [services.replay, services.close])
def test_needs_the_permission_and_words(verb: Any, given_up: BankMessage, grace: User, alice: User) -> None:
    for nobody in (alice, make_officer("dora", "compliance_lead")):
        with pytest.raises(NotPermitted):
            verb(message_id=given_up.pk, by=nobody, note="x", origin=ORIGIN, at=AT)
    with pytest.raises(ReasonMissing):
        verb(message_id=given_up.pk, by=grace, note=" \n", origin=ORIGIN, at=AT)
    with pytest.raises(NotFound):
        verb(message_id=ids.uuid7(), by=grace, note="x", origin=ORIGIN, at=AT)
    row = BankMessage.objects.get()
    assert (row.state, row.is_closed, row.noted_at, told()) == (MessageState.FAILED, False, None, [])


def test_the_page_offers_both_and_keeps_what_was_typed(given_up: BankMessage, grace: User) -> None:
    page, again, close = (
        reverse(f"admin:payments_bankmessage_{name}", args=[given_up.pk]) for name in ("change", "replay", "close")
    )
    client = desk(grace)
    shown = client.get(page).content.decode()
    assert "Bank message 7" in shown
    assert again in shown
    assert close in shown
    assert "OrgnlMsgId" not in shown
    assert client.post(again, {"note": " "}).status_code == 400
    assert client.get(again).status_code == 405
    assert client.post(close, {"note": "Seen before."}).status_code == 302
    done = client.get(page).content.decode()
    assert "Seen before." in done
    assert close not in done
    assert client.post(close, {"note": "Again"}).status_code == 409
    assert client.post(again, {"note": "Try it."}).status_code == 302
    assert BankMessage.objects.get().state == MessageState.RECEIVED
    assert desk(make_officer("dora", "support")).post(close, {"note": "x"}).status_code == 403
