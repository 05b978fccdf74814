"""What the database refuses, whatever code asks it: every rule tried by raw SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from django.db import DatabaseError, connection

from accounts.staff.policy import COMPLIANCE, COMPLIANCE_LEAD
from ledger.money import Money
from payments.banking import services
from payments.banking.models import BankAccount, Withdrawal
from payments.banking.states import MOVES, WithdrawalStatus
from tests.factories.people import ORIGIN, give_money, make_person, now
from tests.factories.staff import make_officer
from tests.factories.withdrawals import IBAN, add_account, confirmed, requested, returned, sent, settled
from wallet_project.lib import db, ids
from wallet_project.lib.crypto import CannotDecrypt

if TYPE_CHECKING:
    from accounts.identity.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def erin(db: None) -> User:
    return make_officer("erin", COMPLIANCE)


@pytest.fixture
def frank(db: None) -> User:
    return make_officer("frank", COMPLIANCE_LEAD)


@pytest.fixture
def row(alice: User) -> Withdrawal:
    """EUR 10.00, under review."""
    return confirmed(alice, add_account(alice, cooled_off=False), 1_000)


@pytest.fixture
def large(alice: User) -> Withdrawal:
    """EUR 2,500.00, under review."""
    give_money(alice, Money(500_000, "EUR"))
    return confirmed(alice, add_account(alice, cooled_off=False), 250_000)


def refused(because: str, sql: str, *values: Any) -> None:
    """The statement is refused for this reason, and the transaction is as before."""
    with pytest.raises(DatabaseError, match=because), db.transaction(), connection.cursor() as cursor:
        cursor.execute(sql, values)


APPROVE = (
    "UPDATE payments_withdrawal SET status = 'APPROVED', revision = revision + 1, approved_by_id = %s,"
    " approved_at = now() WHERE id = %s"
)
APPROVE_BOTH = (
    "UPDATE payments_withdrawal SET status = 'APPROVED', revision = revision + 1, approved_by_id = %s,"
    " approved_at = now(), second_approved_by_id = %s, second_approved_at = now() WHERE id = %s"
)


class TestApprovers:
    def test_not_the_person(self, alice: User, row: Withdrawal) -> None:
        refused("nobody approves their own", APPROVE, alice.pk, row.pk)

    def test_not_who_edited_the_account(self, row: Withdrawal, erin: User, frank: User) -> None:
        for editor, holder in ((erin, "Alice M. Example"), (frank, "Alice Maria Example")):
            services.correct_bank_account(
                by=editor,
                account_id=row.bank_account_id,
                holder_name=holder,
                bic="COBADEFF",
                reason="typing_mistake",
                origin=ORIGIN,
                at=now(),
            )
            refused("who edited the account", APPROVE, editor.pk, row.pk)
        refused("who edited the account", APPROVE, erin.pk, row.pk)

    def test_not_who_edited_it_as_the_second_either(self, large: Withdrawal, erin: User, frank: User) -> None:
        BankAccount.objects.filter(pk=large.bank_account_id).update(last_editor=frank, revision=2)
        refused("who edited the account", APPROVE_BOTH, erin.pk, frank.pk, large.pk)

    def test_not_the_same_twice(self, large: Withdrawal, frank: User) -> None:
        refused("withdrawal_two_different_approvers", APPROVE_BOTH, frank.pk, frank.pk, large.pk)

    def test_not_one_where_two_are_needed(self, large: Withdrawal, erin: User) -> None:
        refused("withdrawal_large_needs_two", APPROVE, erin.pk, large.pk)

    def test_not_the_rules_where_two_are_needed(self, large: Withdrawal) -> None:
        refused(
            "withdrawal_(large_needs_two|rules_approve_small_ones)",
            "UPDATE payments_withdrawal SET status = 'APPROVED', revision = revision + 1, auto_approved = true"
            " WHERE id = %s",
            large.pk,
        )

    def test_not_nobody(self, row: Withdrawal) -> None:
        refused(
            "withdrawal_approved_by_somebody",
            "UPDATE payments_withdrawal SET status = 'APPROVED', revision = revision + 1 WHERE id = %s",
            row.pk,
        )

    def test_it_stays_large(self, large: Withdrawal) -> None:
        refused(
            "does not change", "UPDATE payments_withdrawal SET second_approval_needed = false WHERE id = %s", large.pk
        )


class TestMoves:
    def test_the_function_is_the_table(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT a, b FROM unnest(%s::text[]) a, unnest(%s::text[]) b WHERE payments_withdrawal_may_move(a, b)",
                [[status.value for status in WithdrawalStatus]] * 2,
            )
            allowed = set(cursor.fetchall())
        assert allowed == {(before, after.value) for before, afters in MOVES.items() if before for after in afters}

    @pytest.mark.parametrize("after", ["SENT", "SETTLED", "SUBMITTED", "EXPIRED", "SCREENING", "LOST"])
    def test_an_illegal_move(self, row: Withdrawal, after: str) -> None:
        refused(
            "does not go from UNDER_REVIEW",
            "UPDATE payments_withdrawal SET status = %s, revision = revision + 1 WHERE id = %s",
            after,
            row.pk,
        )

    def test_an_illegal_event(self, row: Withdrawal) -> None:
        refused(
            "withdrawal_event_move_known",
            "INSERT INTO payments_withdrawalevent (id, withdrawal_id, no, from_status, to_status, actor, cause,"
            " provider_reference, occurred_at) VALUES (%s, %s, 99, 'CANCELLED', 'APPROVED', 'x', 'x', '', now())",
            ids.uuid7(),
            row.pk,
        )

    def test_a_move_that_is_not_counted(self, row: Withdrawal, erin: User) -> None:
        refused(
            "is counted",
            "UPDATE payments_withdrawal SET status = 'APPROVED', approved_by_id = %s WHERE id = %s",
            erin.pk,
            row.pk,
        )

    def test_what_has_ended_stays(self, alice: User, row: Withdrawal) -> None:
        services.cancel_withdrawal(user=alice, withdrawal_id=row.pk, origin=ORIGIN, at=now())
        refused("has ended", "UPDATE payments_withdrawal SET reason = 'x' WHERE id = %s", row.pk)

    @pytest.mark.parametrize(
        ("column", "value"),
        [
            ("amount_minor", 1),
            ("fee_minor", 0),
            ("currency", "USD"),
            ("shown_target", "x"),
            ("end_to_end_id", "x"),
            ("idempotency_key", "x"),
        ],
    )
    def test_what_it_is_about_stays(self, row: Withdrawal, column: str, value: object) -> None:
        refused("does not change", f"UPDATE payments_withdrawal SET {column} = %s WHERE id = %s", value, row.pk)

    def test_another_account_of_somebody_else(self, row: Withdrawal, bob: User) -> None:
        other = add_account(bob)
        refused(
            "does not change", "UPDATE payments_withdrawal SET bank_account_id = %s WHERE id = %s", other.pk, row.pk
        )

    def test_it_begins_with_its_confirmation(self, alice: User) -> None:
        row = requested(alice, add_account(alice), 1_000)
        copied = [field.column for field in Withdrawal._meta.concrete_fields]
        changed = {"id": "%s", "idempotency_key": "'other'", "end_to_end_id": "'other'"}
        columns = ", ".join(copied)
        for more in ({"status": "'UNDER_REVIEW'"}, {"auto_approved": "true"}):
            values = ", ".join((changed | more).get(column, column) for column in copied)
            refused(
                "begins with its confirmation",
                f"INSERT INTO payments_withdrawal ({columns}) SELECT {values} FROM payments_withdrawal WHERE id = %s",
                ids.uuid7(),
                row.pk,
            )

    def test_it_goes_to_an_account_of_its_person(self, alice: User) -> None:
        row = requested(alice, add_account(alice), 1_000)
        other = add_account(make_person("zoe"))
        copied = [field.column for field in Withdrawal._meta.concrete_fields]
        changed = {"id": "%s", "idempotency_key": "'o'", "end_to_end_id": "'o'", "bank_account_id": "%s"}
        order = [column for column in copied if changed.get(column) == "%s"]
        given = {"id": ids.uuid7(), "bank_account_id": other.pk}
        values = ", ".join(changed.get(column, column) for column in copied)
        refused(
            "goes to an account of its person",
            f"INSERT INTO payments_withdrawal ({', '.join(copied)})"
            f" SELECT {values} FROM payments_withdrawal WHERE id = %s",
            *[given[column] for column in order],
            row.pk,
        )


class TestKept:
    @pytest.mark.parametrize(
        "table",
        [
            "payments_withdrawal",
            "payments_bankaccount",
            "payments_withdrawalevent",
            "payments_withdrawalcondition",
            "payments_withdrawalquestion",
            "payments_withdrawalreturn",
        ],
    )
    def test_nothing_is_deleted(self, row: Withdrawal, table: str) -> None:
        refused("(refused|permission denied)", f"DELETE FROM {table}")
        refused("(refused|permission denied)", f"TRUNCATE {table} CASCADE")

    @pytest.mark.parametrize("table", ["payments_withdrawalevent", "payments_withdrawalcondition"])
    def test_evidence_is_not_changed(self, row: Withdrawal, table: str) -> None:
        refused("(refused|permission denied)", f"UPDATE {table} SET id = id")

    def test_a_return_stays_what_it_is(self, alice: User) -> None:
        row = confirmed(alice, add_account(alice), 1_000)
        returned(settled(sent(row)), "MS03")
        refused("does not change", "UPDATE payments_withdrawalreturn SET amount_minor = 1")
        refused(
            "payments_withdrawalreturn_withdrawal_id",
            "INSERT INTO payments_withdrawalreturn (id, withdrawal_id, reason_code, amount_minor, currency,"
            " fee_returned, bank_reference, returned_at) VALUES (%s, %s, 'MS03', 1, 'EUR', true, '', now())",
            ids.uuid7(),
            row.pk,
        )


class TestBankAccounts:
    def test_one_live_row_per_person_and_account(self, alice: User, row: Withdrawal) -> None:
        account = BankAccount.objects.get(pk=row.bank_account_id)
        copied = [field.column for field in BankAccount._meta.concrete_fields]
        values = ", ".join("%s" if column == "id" else column for column in copied)
        refused(
            "bank_account_live_once",
            f"INSERT INTO payments_bankaccount ({', '.join(copied)})"
            f" SELECT {values} FROM payments_bankaccount WHERE id = %s",
            ids.uuid7(),
            account.pk,
        )

    @pytest.mark.parametrize(
        ("column", "value"), [("iban_index", "0"), ("iban_last4", "0"), ("country", "FR"), ("currency", "USD")]
    )
    def test_it_stays_the_account_it_is(self, row: Withdrawal, column: str, value: str) -> None:
        refused(
            "stays the account", f"UPDATE payments_bankaccount SET {column} = %s WHERE id = %s", value,
            row.bank_account_id,
        )  # fmt: skip

    def test_an_edit_is_counted(self, row: Withdrawal, erin: User) -> None:
        refused(
            "raises its revision",
            "UPDATE payments_bankaccount SET last_editor_id = %s WHERE id = %s",
            erin.pk,
            row.bank_account_id,
        )
        refused("raises its revision", "UPDATE payments_bankaccount SET bic = 'X' WHERE id = %s", row.bank_account_id)

    def test_a_removed_one_does_not_come_back(self, alice: User, row: Withdrawal) -> None:
        services.remove_bank_account(user=alice, account_id=row.bank_account_id, origin=ORIGIN, at=now())
        refused(
            "does not come back",
            "UPDATE payments_bankaccount SET status = 'ACTIVE' WHERE id = %s",
            row.bank_account_id,
        )

    def test_no_iban_lies_open_and_a_moved_one_is_unreadable(self, alice: User, row: Withdrawal) -> None:
        other = add_account(make_person("zoe"), iban="FR1420041010050500013M02606")
        with connection.cursor() as cursor:
            cursor.execute("SELECT a::text FROM payments_bankaccount a")
            assert not any(IBAN in text or "Alice" in text for (text,) in cursor.fetchall())
            cursor.execute(
                "UPDATE payments_bankaccount SET iban = (SELECT iban FROM payments_bankaccount WHERE id = %s)"
                " WHERE id = %s",
                [row.bank_account_id, other.pk],
            )
        assert isinstance(other.pk, UUID)
        with pytest.raises(CannotDecrypt):
            _ = BankAccount.objects.get(pk=other.pk).iban
