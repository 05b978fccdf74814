"""A file whose answer is lost: never sent again, nothing released, found out by asking or from the statement."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from payments.banking import services as banking
from payments.payouts import services
from payments.payouts.models import BankMessage, PayoutBatch, PayoutItem
from payments.payouts.services.collecting import keep
from payments.payouts.services.sending import put_back
from payments.payouts.states import BatchStatus
from payments.providers.bank import client
from payments.providers.bank.facts import Letter
from tests.factories.payouts import Books, approved, bank_account, books, statuses
from wallet_project.lib import db

if TYPE_CHECKING:
    from accounts.identity.models import User
    from payments.banking.models import Withdrawal
    from tests.fakes.bank import Bank
    from tests.fakes.lossy_line import LossyLine

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 23, 9, tzinfo=UTC)
HELD = Books(wallet=30_000, held=10_050, clearing=0, bank=0, fees=0)
PAID = Books(wallet=19_950, held=0, clearing=0, bank=10_000, fees=50)
FREE = Books(wallet=30_000, held=0, clearing=0, bank=0, fees=0)


@pytest.fixture
def one(alice: User) -> Withdrawal:
    """EUR 100.00, approved."""
    (row,) = approved(bank_account(alice, at=AT), [10_000], at=AT)
    return row


def run(at: datetime) -> None:
    """Every job, once."""
    services.build_batch(at=at)
    services.send_due(at=at)
    services.ask_due(at=at)


def hear(at: datetime) -> None:
    services.collect(at=at)
    services.handle_due(at=at)


def batch() -> PayoutBatch:
    return PayoutBatch.objects.get()


@pytest.mark.parametrize("fault", ["silent", "reset", "500", "garbage"])
class TestTheBankHasIt:
    def lose(self, line: LossyLine, fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(client, "SEND_SECONDS", 1)
        line.fault = fault
        run(AT)
        line.fault = ""
        assert batch().status == BatchStatus.UNKNOWN

    def test_it_is_asked_about_and_paid_once(
        self,
        alice: User,
        one: Withdrawal,
        bank: Bank,
        line: LossyLine,
        fault: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        bank.behave("silent")
        self.lose(line, fault, monkeypatch)
        assert statuses([one]) == ["UNKNOWN"]
        assert books(alice) == HELD
        for minutes in (0, 1, 2):
            run(AT + timedelta(minutes=minutes))
        assert statuses([one]) == ["SENT"]
        assert batch().status == BatchStatus.ANSWERED
        hear(AT + timedelta(minutes=3))
        assert statuses([one]) == ["SETTLED"]
        assert books(alice) == PAID
        assert bank.files() == 1

    def test_its_messages_settle_it_without_asking(
        self,
        alice: User,
        one: Withdrawal,
        bank: Bank,
        line: LossyLine,
        fault: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        self.lose(line, fault, monkeypatch)
        hear(AT + timedelta(seconds=10))
        assert statuses([one]) == ["SETTLED"]
        assert batch().status == BatchStatus.ANSWERED
        run(AT + timedelta(hours=1))
        assert books(alice) == PAID
        assert bank.files() == 1


class TestTheBankMayNotHaveIt:
    def test_it_is_released_only_when_the_bank_surely_never_got_it(
        self, alice: User, one: Withdrawal, bank: Bank, line: LossyLine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(client, "SEND_SECONDS", 1)
        line.fault = "unheard"
        run(AT)
        assert statuses([one]) == ["UNKNOWN"]
        for minutes in (1, 5, 9):
            run(AT + timedelta(minutes=minutes))
            assert (statuses([one]), books(alice)) == (["UNKNOWN"], HELD)
        run(AT + timedelta(minutes=10))
        assert statuses([one]) == ["FAILED"]
        assert (batch().status, batch().cause) == (BatchStatus.REFUSED, "never_arrived")
        assert books(alice) == FREE
        assert bank.files() == 0

    def test_while_the_bank_gives_no_answer_nothing_happens(
        self, alice: User, one: Withdrawal, bank: Bank, line: LossyLine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(client, "SEND_SECONDS", 1)
        line.fault = "reset"
        run(AT)
        line.fault, line.everything = "500", True
        for hours in (1, 10, 100):
            run(AT + timedelta(hours=hours))
            hear(AT + timedelta(hours=hours))
        assert (statuses([one]), books(alice)) == (["UNKNOWN"], HELD)
        line.everything = False
        run(AT + timedelta(hours=101))
        hear(AT + timedelta(hours=101))
        assert (statuses([one]), books(alice)) == (["SETTLED"], PAID)

    def test_a_shut_door_is_knocked_at_again_with_the_same_file(
        self, alice: User, one: Withdrawal, bank: Bank, line: LossyLine
    ) -> None:
        line.fault = "401"
        run(AT)
        first = (batch().status, batch().file_sha256)
        assert (first[0], batch().attempts) == (BatchStatus.PREPARED, 1)
        assert statuses([one]) == ["SUBMITTED"]
        run(AT + timedelta(seconds=4))
        assert batch().attempts == 1
        line.fault = ""
        run(AT + timedelta(seconds=5))
        hear(AT + timedelta(seconds=6))
        assert (batch().status, batch().file_sha256) == (BatchStatus.ANSWERED, first[1])
        assert books(alice) == PAID
        assert bank.files() == 1

    def test_a_duplicate_is_about_the_copy(self, alice: User, one: Withdrawal, bank: Bank) -> None:
        """The first copy arrived although we believed it had not; the bank refuses the second and pays the first."""
        services.build_batch(at=AT)
        client.BankOverHttp().send(message_id=batch().message_id, file=batch().file.encode())
        services.send_due(at=AT)
        assert (batch().status, batch().cause, statuses([one])) == (BatchStatus.UNKNOWN, "duplicate", ["UNKNOWN"])
        hear(AT)
        assert statuses([one]) == ["SETTLED"]
        assert books(alice) == PAID
        assert bank.files() == 2
        assert len(bank.payments(one.end_to_end_id)) == 1

    def test_a_duplicate_the_bank_cannot_find_is_never_released(self, alice: User, one: Withdrawal, bank: Bank) -> None:
        services.build_batch(at=AT)
        bank.behave("reject-file")
        file = batch().file.encode()
        with pytest.raises(client.Refused):
            client.BankOverHttp().send(message_id=batch().message_id, file=file)
        bank.behave("accept")
        services.send_due(at=AT)
        for minutes in (1, 11, 60):
            services.ask_due(at=AT + timedelta(minutes=minutes))
        assert (batch().status, statuses([one]), books(alice)) == (BatchStatus.UNKNOWN, ["UNKNOWN"], HELD)
        hear(AT + timedelta(hours=2))
        assert (batch().status, statuses([one]), books(alice)) == (BatchStatus.REFUSED, ["FAILED"], FREE)


class TestTheSenderDied:
    def dead(self) -> None:
        services.build_batch(at=AT)
        PayoutBatch.objects.update(status=BatchStatus.SENDING.value, sending_at=AT, attempts=1)

    def test_before_the_bank_had_it_the_same_bytes_go_again(self, alice: User, one: Withdrawal, bank: Bank) -> None:
        self.dead()
        services.ask_due(at=AT + timedelta(seconds=119))
        assert batch().status == BatchStatus.SENDING
        services.ask_due(at=AT + timedelta(minutes=2))
        assert batch().status == BatchStatus.PREPARED
        run(AT + timedelta(minutes=3))
        hear(AT + timedelta(minutes=3))
        assert (statuses([one]), books(alice), bank.files()) == (["SETTLED"], PAID, 1)

    def test_after_the_bank_had_it_nothing_goes_again(self, alice: User, one: Withdrawal, bank: Bank) -> None:
        self.dead()
        client.BankOverHttp().send(message_id=batch().message_id, file=batch().file.encode())
        services.ask_due(at=AT + timedelta(minutes=2))
        assert batch().status == BatchStatus.ANSWERED
        run(AT + timedelta(minutes=3))
        hear(AT + timedelta(minutes=3))
        assert (statuses([one]), books(alice), bank.files()) == (["SETTLED"], PAID, 1)


class TestTheBankHasSpoken:
    """It said what it does with a payment and says now that it has no such file: nothing leaves a second time."""

    @pytest.fixture
    def two(self, alice: User) -> list[Withdrawal]:
        return approved(bank_account(alice, at=AT), [10_000, 1_000], at=AT)

    def speak(self, about: Withdrawal) -> None:
        """One line about one payment, and nothing about the file."""
        PayoutItem.objects.filter(withdrawal=about).update(outcome="ACCEPTED")
        with db.transaction():
            banking.mark_sent(items=[(about.pk, "")], at=AT)

    def test_a_file_whose_sender_died_is_not_put_back(self, two: list[Withdrawal], bank: Bank) -> None:
        services.build_batch(at=AT)
        PayoutBatch.objects.update(status=BatchStatus.SENDING.value, sending_at=AT, attempts=1)
        self.speak(two[1])
        for minutes in (2, 3, 20):
            run(AT + timedelta(minutes=minutes))
        assert (batch().status, batch().cause) == (BatchStatus.UNKNOWN, "bank_spoke")
        assert (statuses(two), bank.files()) == (["UNKNOWN", "SENT"], 0)

    def test_a_file_that_waits_to_be_sent_again_is_not_sent(
        self, two: list[Withdrawal], bank: Bank, line: LossyLine
    ) -> None:
        line.fault = "401"
        run(AT)
        assert batch().status == BatchStatus.PREPARED
        line.fault = ""
        PayoutItem.objects.filter(withdrawal=two[0]).update(booked_on=AT.date())
        run(AT + timedelta(minutes=1))
        assert (batch().status, batch().cause) == (BatchStatus.UNKNOWN, "bank_spoke")
        assert (statuses(two), bank.files()) == (["SUBMITTED", "UNKNOWN"], 0)

    def test_a_shut_door_does_not_put_it_back(self, two: list[Withdrawal], bank: Bank) -> None:
        """The bank speaks while the file is on the wire, and the wire says that nothing was taken."""
        services.build_batch(at=AT)
        PayoutBatch.objects.update(status=BatchStatus.SENDING.value, sending_at=AT, attempts=1)
        self.speak(two[0])
        assert put_back(batch().pk, cause="http_401", at=AT)
        run(AT + timedelta(seconds=30))
        assert (batch().status, statuses(two), bank.files()) == (BatchStatus.UNKNOWN, ["SENT", "UNKNOWN"], 0)


class TestTheMailbox:
    def test_messages_taken_and_not_kept_are_fetched_by_their_number(
        self, alice: User, one: Withdrawal, bank: Bank
    ) -> None:
        """As after a power cut between taking and keeping."""
        run(AT)
        assert len(client.BankOverHttp().take()) == 2
        services.collect(at=AT)
        assert list(BankMessage.objects.order_by("number").values_list("number", flat=True)) == [1, 2]
        services.handle_due(at=AT)
        assert books(alice) == PAID

    def test_a_hole_in_the_numbers_is_filled(self, alice: User, one: Withdrawal, bank: Bank) -> None:
        run(AT)
        client.BankOverHttp().take()
        bank.post("/_mock/mailbox/2/unread")
        services.collect(at=AT)
        assert list(BankMessage.objects.order_by("number").values_list("number", flat=True)) == [1, 2]

    def test_fetched_by_its_number_and_handed_out_again_is_one_message(self, one: Withdrawal, bank: Bank) -> None:
        run(AT)
        client.BankOverHttp().take()
        services.collect(at=AT)
        bank.post("/_mock/mailbox/2/unread")
        services.collect(at=AT)
        assert list(BankMessage.objects.order_by("number").values_list("number", flat=True)) == [1, 2]

    def test_a_bank_that_begins_its_numbers_again_is_still_heard(
        self, alice: User, one: Withdrawal, bank: Bank
    ) -> None:
        keep([Letter(number, "WALLET", f"<old{number}/>") for number in (1, 2, 3)], at=AT)
        run(AT)
        hear(AT)
        assert (statuses([one]), books(alice)) == (["SETTLED"], PAID)
        assert services.collect(at=AT) == 0

    def test_without_an_answer_nothing_is_taken(self, one: Withdrawal, bank: Bank, line: LossyLine) -> None:
        run(AT)
        line.fault, line.everything = "garbage", True
        assert services.collect(at=AT) == 0
        assert not BankMessage.objects.exists()
        assert len(client.BankOverHttp().waiting() if not line.everything else bank.get("/_mock/mailbox?leave")) == 2
