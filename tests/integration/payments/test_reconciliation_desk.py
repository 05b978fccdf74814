"""Breaks and clearing accounts at the desk, and what the database refuses about the bank rail's rows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.urls import reverse

from accounts.approvals.errors import NotPermitted, ReasonMissing
from accounts.audit.models import RecordedEvent
from ledger import services as ledger
from ledger.chart import platform_account_id
from ledger.entries import EntryDraft, Leg
from payments.payouts import services as payouts
from payments.payouts.models import BankMessage, PayoutBatch, PayoutItem
from payments.payouts.services.collecting import keep
from payments.payouts.states import BATCH_MOVES, BatchStatus
from payments.providers.bank.facts import Letter
from payments.reconciliation import services
from payments.reconciliation.kinds import BreakKind, BreakStatus
from payments.reconciliation.models import ClearingCheck, ReconciliationBreak
from payments.reconciliation.policy import Finding
from payments.reconciliation.services.breaks import BreakClosed, note
from payments.reconciliation.wording import ADVICE, TITLES
from tests.factories.payouts import approved, bank_account
from tests.factories.people import ORIGIN
from tests.factories.staff import desk, make_officer
from wallet_project.lib import db, ids
from wallet_project.lib.desk import queues
from wallet_project.lib.errors import NotFound

if TYPE_CHECKING:
    from accounts.identity.models import User
    from tests.fakes.bank import Bank

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 20, 9, tzinfo=UTC)
TOLD: dict[str, int | str] = {"amount_minor": 777, "currency": "EUR", "direction": "credit", "bank_reference": "MB-1"}


@pytest.fixture
def grace(db: None) -> User:
    """Treasury, as the code says what it may do."""
    return make_officer("grace", "treasury")


@pytest.fixture
def found() -> ReconciliationBreak:
    """A movement that is none of ours."""
    with db.transaction():
        assert note([Finding(BreakKind.UNKNOWN_ENTRY, "7.0.1", TOLD)], at=AT) == 1
    return ReconciliationBreak.objects.get()


def resolve(row: ReconciliationBreak, by: User, said: str = "A return without our reference.") -> ReconciliationBreak:
    return services.resolve_break(break_id=row.pk, by=by, note=said, origin=ORIGIN, at=AT)


class TestBreaks:
    def test_the_same_finding_is_one_row(self, found: ReconciliationBreak) -> None:
        with db.transaction():
            assert note([Finding(BreakKind.UNKNOWN_ENTRY, "7.0.1", TOLD)], at=AT + timedelta(days=1)) == 0
        assert ReconciliationBreak.objects.get().found_at == AT
        waiting = queues["reconciliation_breaks"].measure()
        assert (waiting.count, waiting.oldest_at) == (1, AT)

    def test_is_resolved_by_treasury_with_a_note(self, found: ReconciliationBreak, grace: User) -> None:
        resolve(found, grace)
        row = ReconciliationBreak.objects.get()
        assert (row.status, row.resolved_by, row.resolved_at) == (BreakStatus.RESOLVED, grace, AT)
        assert row.note == "A return without our reference."
        assert queues["reconciliation_breaks"].measure().count == 0
        assert list(RecordedEvent.objects.filter(name__startswith="break.").values_list("name", flat=True)) == [
            "break.found",
            "break.resolved",
        ]
        with pytest.raises(BreakClosed):
            resolve(found, grace)

    def test_needs_the_permission_and_words(self, found: ReconciliationBreak, grace: User, alice: User) -> None:
        for nobody in (alice, make_officer("dora", "support")):
            with pytest.raises(NotPermitted):
                resolve(found, nobody)
        with pytest.raises(ReasonMissing):
            resolve(found, grace, "  \n ")
        with pytest.raises(NotFound):
            services.resolve_break(break_id=ids.uuid7(), by=grace, note="x", origin=ORIGIN, at=AT)
        assert ReconciliationBreak.objects.get().status == BreakStatus.OPEN

    def test_every_kind_has_its_words(self) -> None:
        assert set(TITLES) == set(ADVICE) == set(BreakKind)


class TestThePage:
    def test_shows_resolves_and_keeps_what_was_typed(self, found: ReconciliationBreak, grace: User) -> None:
        page = reverse("admin:payments_reconciliationbreak_change", args=[found.pk])
        act = reverse("admin:payments_reconciliationbreak_resolve", args=[found.pk])
        client = desk(grace)
        shown = client.get(page).content.decode()
        assert "A movement on the statement is none of ours" in shown
        assert "€7.77" in shown
        assert "Money in" in shown
        refused = client.post(act, {"note": " "})
        assert refused.status_code == 400
        assert "€7.77" in refused.content.decode()
        assert client.post(act, {"note": "A return."}).status_code == 302
        done = client.get(page).content.decode()
        assert "A return." in done
        assert act not in done
        assert client.post(act, {"note": "Again"}).status_code == 409

    def test_lists_open_on_what_is_open(self, found: ReconciliationBreak, grace: User) -> None:
        client = desk(grace)
        address = reverse("admin:payments_reconciliationbreak_changelist")
        assert f"{found.pk}/change/" in client.get(address).content.decode()
        resolve(found, grace)
        assert f"{found.pk}/change/" not in client.get(address).content.decode()

    def test_support_sees_nothing_of_it(self, found: ReconciliationBreak) -> None:
        client = desk(make_officer("dora", "support"))
        for address in (
            reverse("admin:payments_reconciliationbreak_change", args=[found.pk]),
            reverse("admin:payments_payoutbatch_changelist"),
            reverse("admin:payments_bankmessage_changelist"),
        ):
            assert client.get(address).status_code == 403

    def test_files_open_on_those_without_an_answer_and_messages_on_those_that_need_a_person(
        self, alice: User, bank: Bank, grace: User
    ) -> None:
        approved(bank_account(alice, at=AT), [1_000], at=AT)
        bank.behave("silent")
        file = payouts.build_batch(at=AT)
        assert file is not None
        client = desk(grace)
        files, messages = (reverse(f"admin:payments_{model}_changelist") for model in ("payoutbatch", "bankmessage"))
        assert file.message_id in client.get(files).content.decode()
        waiting = queues["payouts_without_answer"].measure()
        assert (waiting.count, waiting.oldest_at) == (1, AT)
        PayoutBatch.objects.update(reported_at=AT)
        assert file.message_id not in client.get(files).content.decode()
        assert file.message_id in client.get(files + "?answer=").content.decode()
        keep([Letter(4711, "WALLET", "<broken"), Letter(4712, "ELSEWHERE", "<broken")], at=AT)
        payouts.handle_due(at=AT)
        shown = client.get(messages).content.decode()
        assert "4711" in shown
        assert "4712" not in shown
        assert queues["bank_messages_with_problems"].measure().count == 1

    def test_files_and_messages_never_show_a_name(self, alice: User, bank: Bank, grace: User) -> None:
        approved(bank_account(alice, at=AT), [1_000], at=AT)
        payouts.build_batch(at=AT)
        payouts.send_due(at=AT)
        payouts.collect(at=AT)
        client = desk(grace)
        for model, row in (
            ("payoutbatch", PayoutBatch.objects.get().pk),
            ("payoutitem", PayoutItem.objects.get().pk),
            ("bankmessage", BankMessage.objects.order_by("number").first().pk),  # type: ignore[union-attr]  # there is one
        ):
            for address in (
                reverse(f"admin:payments_{model}_changelist"),
                reverse(f"admin:payments_{model}_change", args=[row]),
            ):
                answer = client.get(address)
                assert answer.status_code == 200
                assert "Alice" not in answer.content.decode()
                assert "DE89370400440532013000" not in answer.content.decode()


class TestClearing:
    def post(self, amount_minor: int) -> None:
        """Money that nothing on its way explains."""
        account, suspense = (platform_account_id(code, "EUR") for code in ("clearing.bank", "suspense"))
        with db.transaction():
            ledger.post(
                EntryDraft(
                    intent_id=ids.uuid7(),
                    step="test",
                    kind="test",
                    legs=(Leg(account, amount_minor, "EUR"), Leg(suspense, -amount_minor, "EUR")),
                    effective_at=AT,
                    actor="test",
                )
            )

    def test_says_why_each_is_not_zero_and_opens_a_break_for_the_rest(self, db: None) -> None:
        self.post(123)
        (check,) = services.check_clearing(at=AT)
        assert (check.account, check.currency, check.balance_minor, check.unexplained_minor) == (
            "clearing.bank",
            "EUR",
            123,
            123,
        )
        services.check_clearing(at=AT)
        assert ClearingCheck.objects.count() == 1
        row = ReconciliationBreak.objects.get()
        assert (row.kind, row.details["unexplained_minor"]) == (BreakKind.CLEARING_UNEXPLAINED, 123)
        self.post(-123)
        assert services.check_clearing(at=AT + timedelta(days=1)) == []

    def test_the_command_fails_when_something_is_unexplained(self, db: None) -> None:
        said = StringIO()
        call_command("check_clearing", stdout=said)
        assert said.getvalue() == "Every clearing account is zero.\n"
        self.post(123)
        said = StringIO()
        with pytest.raises(SystemExit, match="1"):
            call_command("check_clearing", stdout=said)
        assert said.getvalue().splitlines() == [
            "clearing.bank EUR: €1.23",
            "  withdrawals_sent: €0.00",
            "  returns_on_their_way: €0.00",
            "  unexplained: €1.23",
        ]


class TestTheDatabase:
    @pytest.fixture
    def batch(self, alice: User, bank: Bank) -> PayoutBatch:
        approved(bank_account(alice, at=AT), [1_000], at=AT)
        made = payouts.build_batch(at=AT)
        assert made is not None
        return made

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE payments_payoutbatch SET file_sha256 = 'x'",
            "UPDATE payments_payoutbatch SET message_id = 'x'",
            "UPDATE payments_payoutbatch SET status = 'UNKNOWN'",
            "DELETE FROM payments_payoutbatch",
            "UPDATE payments_payoutitem SET amount_minor = 1",
            "UPDATE payments_payoutitem SET end_to_end_id = 'x'",
            "DELETE FROM payments_payoutitem",
            "DELETE FROM payments_bankmessage",
        ],
    )
    def test_refuses_what_must_never_happen(self, batch: PayoutBatch, statement: str) -> None:
        with pytest.raises(DatabaseError), connection.cursor() as cursor:
            cursor.execute(statement)

    def test_knows_the_same_moves_as_the_code(self, batch: PayoutBatch) -> None:
        ways = {"PREPARED": [], "SENDING": ["SENDING"], "ANSWERED": ["ANSWERED"], "REFUSED": ["REFUSED"]}
        ways["UNKNOWN"] = ["SENDING", "UNKNOWN"]
        allowed = {(before, after) for before, way in ways.items() for after in BatchStatus if self.moves(way, after)}
        assert allowed == {(before.value, after) for before in BatchStatus for after in BATCH_MOVES[before]}

    def moves(self, way: list[str], after: BatchStatus) -> bool:
        """Whether the database lets a batch that came this way go there; leaves it as it was."""
        with pytest.raises(Undone) as tried, transaction.atomic():
            for status in way:
                PayoutBatch.objects.update(status=status)
            before = PayoutBatch.objects.get().status
            try:
                with transaction.atomic():
                    PayoutBatch.objects.update(status=after.value)
            except DatabaseError:
                raise Undone(False) from None
            raise Undone(before != after)
        return bool(tried.value.args[0])


class Undone(Exception):
    """Rolls back, and says what was seen."""
