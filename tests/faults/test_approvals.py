"""Killed while a withdrawal is asked for or approved: all of the step or nothing of it, and then it is paid once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.core.management import call_command
from schwifty import IBAN

from accounts.approvals.models import Approval
from accounts.staff.policy import COMPLIANCE_LEAD
from ledger.money import Money
from ledger.selectors import open_hold_ids
from payments.banking.models import BankAccount, Withdrawal, WithdrawalCondition
from payments.banking.postings import hold_id
from tests.factories.payouts import FEE_MINOR, Books, books, status_of
from tests.factories.people import give_money, make_person
from tests.factories.staff import make_officer
from tests.factories.withdrawals import add_account, confirmed
from tests.fakes.bank import Bank
from tests.faults.test_payouts import FAILPOINTS
from tests.faults.workers import KILLED, MINUTES_LATER, ended, started, work
from wallet_project.local.places import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from accounts.identity.models import User

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("clone_db")]

ASK = """
import sys
import django
django.setup()
from payments.banking.models import BankAccount
from tests.factories.withdrawals import confirmed
account = BankAccount.objects.select_related("user").get(pk=sys.argv[1])
confirmed(account.user, account, int(sys.argv[2]), idempotency_key=sys.argv[3])
"""
DECIDE = """
import sys
import django
django.setup()
from accounts.identity.models import User
from payments.banking import services
from payments.banking.models import Withdrawal
from tests.factories.people import ORIGIN, now
from tests.factories.withdrawals import seen
verb = {"first": services.approve, "second": services.approve_second}[sys.argv[1]]
row = Withdrawal.objects.get(pk=sys.argv[2])
verb(withdrawal_id=row.pk, by=User.objects.get(pk=sys.argv[3]), seen=seen(row), origin=ORIGIN, at=now())
"""
SMALL, LARGE = 1_000, 250_000
"""One officer; two officers."""
KILLED_AT_APPROVAL = {
    "withdrawal.held",
    "withdrawal.confirmed",
    "withdrawal.approving",
    "withdrawal.approved",
    "withdrawal.approving_second",
    "withdrawal.approved_second",
}

TO_THE_BANK = ["SUBMITTED", "SENT", "SETTLED"]
BY_RULES = ["AWAITING_STEP_UP", "SCREENING", "APPROVED"]
BY_ONE = ["AWAITING_STEP_UP", "SCREENING", "UNDER_REVIEW", "APPROVED"]
BY_TWO = ["AWAITING_STEP_UP", "SCREENING", "UNDER_REVIEW", "AWAITING_SECOND_APPROVAL", "APPROVED"]


@pytest.fixture(scope="module")
def bank() -> Iterator[Bank]:
    with Bank() as bank:
        yield bank


@pytest.fixture
def erin() -> User:
    return make_officer(f"erin{uuid4().hex[:8]}", COMPLIANCE_LEAD)


@pytest.fixture
def frank() -> User:
    return make_officer(f"frank{uuid4().hex[:8]}", COMPLIANCE_LEAD)


def payee(minor: int) -> User:
    """Somebody with exactly enough for one withdrawal."""
    person = make_person(f"payee{uuid4().hex[:8]}")
    give_money(person, Money(minor + FEE_MINOR, "EUR"))
    return person


def account_of(person: User, *, cooled_off: bool) -> BankAccount:
    """An account nobody else has."""
    code = f"{uuid4().int % 10**10:010}"
    return add_account(person, iban=str(IBAN.generate("DE", "37040044", code)), cooled_off=cooled_off)


def ask(account: BankAccount, minor: int, key: str, *, die_at: str = "") -> int:
    """The person asks and confirms, in a process of its own; the return code."""
    return ended(started(ASK, str(account.pk), str(minor), key, die_at=die_at))


def decide(which: str, row: Withdrawal, by: User, *, die_at: str = "") -> int:
    """An officer approves, in a process of its own; the return code."""
    return ended(started(DECIDE, which, str(row.pk), str(by.pk), die_at=die_at))


def approval_of(row: Withdrawal) -> tuple[Any, ...]:
    """The proposal as it stands: its state, both officers, its moves; and what the withdrawal says of it."""
    now = Withdrawal.objects.get(pk=row.pk)
    said = (now.status, now.approved_by_id, now.second_approved_by_id)
    proposal = Approval.objects.filter(subject_id=row.pk).first()
    if proposal is None:
        assert now.approval_id is None
        return said
    assert now.approval_id == proposal.pk
    moves = [event.to_status for event in proposal.events.order_by("occurred_at", "id")]
    return (*said, proposal.status, proposal.maker_id, proposal.checker_id, moves)


def screenings(row: Withdrawal) -> int:
    return WithdrawalCondition.objects.filter(withdrawal=row).values("screening_no").distinct().count()


def assert_paid_once(bank: Bank, row: Withdrawal, *, before: Books, way: list[str]) -> None:
    """The jobs run; then it is settled after exactly these steps, the bank paid it once, and the books are exact."""
    files_before = bank.files()
    assert work(bank.url, minutes=MINUTES_LATER) == 0
    assert status_of(row) == "SETTLED"
    steps = list(row.events.order_by("no").values_list("no", "to_status"))
    assert steps == list(enumerate([*way, *TO_THE_BANK], 1))
    assert books(row.user) == Books(
        wallet=0, held=0, clearing=0, bank=before.bank + row.amount_minor, fees=before.fees + FEE_MINOR
    )
    assert open_hold_ids([hold_id(row.pk)]) == set()
    paid = [payment["end_to_end_id"] for payment in bank.get("/_mock/payments")]
    assert paid.count(row.end_to_end_id) == 1
    assert bank.files() == files_before + 1
    call_command("check_ledger", verbosity=0)


def test_every_failpoint_on_the_way_is_one_of_these() -> None:
    there = [
        found
        for room in ("banking", "payouts")
        for path in (ROOT / "payments" / room).rglob("*.py")
        for found in re.findall(r"^\s+failpoint\((.*)\)$", path.read_text(), re.MULTILINE)
    ]
    assert sorted(there) == sorted(f'"{name}"' for name in KILLED_AT_APPROVAL | {name for name, _ in FAILPOINTS})


class TestThePersonAsks:
    def test_killed_while_money_is_held_nothing_was_asked(self, bank: Bank) -> None:
        person, key = payee(SMALL), uuid4().hex
        account, before = account_of(person, cooled_off=True), books(person)
        assert ask(account, SMALL, key, die_at="withdrawal.held") == KILLED
        assert not Withdrawal.objects.filter(user=person).exists()
        assert books(person) == before
        assert ask(account, SMALL, key) == 0
        assert_paid_once(bank, Withdrawal.objects.get(user=person), before=before, way=BY_RULES)

    def test_killed_when_the_rules_have_approved_it(self, bank: Bank) -> None:
        person, key = payee(SMALL), uuid4().hex
        account, before = account_of(person, cooled_off=True), books(person)
        assert ask(account, SMALL, key, die_at="withdrawal.confirmed") == KILLED
        row = Withdrawal.objects.get(user=person)
        assert (row.status, row.auto_approved, screenings(row)) == ("APPROVED", True, 1)
        assert_paid_once(bank, row, before=before, way=BY_RULES)


class TestOneOfficer:
    def test_killed_while_approving_nothing_was_decided(self, bank: Bank, erin: User) -> None:
        person = payee(SMALL)
        before = books(person)
        row = confirmed(person, account_of(person, cooled_off=False), SMALL)
        assert decide("first", row, erin, die_at="withdrawal.approving") == KILLED
        assert approval_of(row) == ("UNDER_REVIEW", None, None)
        assert screenings(row) == 1
        assert decide("first", row, erin) == 0
        assert_paid_once(bank, row, before=before, way=BY_ONE)

    def test_killed_when_it_is_approved(self, bank: Bank, erin: User) -> None:
        person = payee(SMALL)
        before = books(person)
        row = confirmed(person, account_of(person, cooled_off=False), SMALL)
        assert decide("first", row, erin, die_at="withdrawal.approved") == KILLED
        assert approval_of(row) == ("APPROVED", erin.pk, None)
        assert screenings(row) == 2
        assert_paid_once(bank, row, before=before, way=BY_ONE)


class TestTwoOfficers:
    @pytest.mark.parametrize("failpoint", sorted(KILLED_AT_APPROVAL - {"withdrawal.held", "withdrawal.confirmed"}))
    def test_killed_anywhere_between_the_two(self, bank: Bank, erin: User, frank: User, failpoint: str) -> None:
        person = payee(LARGE)
        before = books(person)
        row = confirmed(person, account_of(person, cooled_off=False), LARGE)
        asked = ("UNDER_REVIEW", None, None)
        proposed = ("AWAITING_SECOND_APPROVAL", erin.pk, None, "PROPOSED", erin.pk, None, ["PROPOSED"])
        way = ["PROPOSED", "APPROVED", "EXECUTED"]
        done = ("APPROVED", erin.pk, frank.pk, "EXECUTED", erin.pk, frank.pk, way)

        if failpoint in ("withdrawal.approving", "withdrawal.approved"):
            assert decide("first", row, erin, die_at=failpoint) == KILLED
            is_proposed = failpoint == "withdrawal.approved"
            assert approval_of(row) == (proposed if is_proposed else asked)
            assert screenings(row) == (2 if is_proposed else 1)
            assert is_proposed or decide("first", row, erin) == 0
            assert decide("second", row, frank) == 0
        else:
            assert decide("first", row, erin) == 0
            assert decide("second", row, frank, die_at=failpoint) == KILLED
            is_done = failpoint == "withdrawal.approved_second"
            assert approval_of(row) == (done if is_done else proposed)
            assert screenings(row) == (3 if is_done else 2)
            assert is_done or decide("second", row, frank) == 0
        assert approval_of(row) == done
        assert_paid_once(bank, row, before=before, way=BY_TWO)
