"""The bank over HTTP: every way a call can end is refused, retryable or unknown."""

from __future__ import annotations

import socket
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest

from ledger.money import Money
from payments.providers.bank import client, pain001
from payments.providers.bank.facts import Debtor, MessageKind, Payment, PaymentFile, Receipt, Standing
from payments.providers.bank.reader import kind_of
from payments.providers.base import Refused, Retryable, Unknown
from tests.fakes.bank import CLOSED_IBAN, ELSEWHERE_BIC, ELSEWHERE_IBAN
from wallet_project.lib import db

if TYPE_CHECKING:
    from pytest_django.fixtures import SettingsWrapper

    from tests.fakes.bank import Bank
    from tests.fakes.lossy_line import LossyLine

BANK = client.BankOverHttp()
PAYMENT = Payment("e1", Money(1_234, "EUR"), ELSEWHERE_IBAN, ELSEWHERE_BIC, "Alice Example", "Wallet")


def a_file(name: str = "FILE1") -> bytes:
    return pain001.write(
        PaymentFile(
            message_id=name,
            debtor=Debtor("Wallet", "NL84MOCK0000000100", "MOCKNL2A"),
            payments=[PAYMENT, replace(PAYMENT, end_to_end_id="e2", iban=CLOSED_IBAN, bic="MOCKNL2A")],
            created_at=datetime(2026, 11, 23, 9, tzinfo=UTC),
            execute_on=date(2026, 11, 23),
        )
    )


def test_a_file_is_taken_in_and_each_payment_can_be_asked_about(bank: Bank) -> None:
    assert BANK.send(message_id="FILE1", file=a_file()) == Receipt("FILE1", "PART")
    accepted = BANK.ask(end_to_end_id="e1", message_id="FILE1")
    assert (accepted.standing, accepted.reason) == (Standing.ACCEPTED, "")
    rejected = BANK.ask(end_to_end_id="e2", message_id="FILE1")
    assert (rejected.standing, rejected.reason) == (Standing.REJECTED, "AC04")
    assert BANK.ask(end_to_end_id="e3", message_id="FILE1").standing is Standing.NOT_THERE
    assert BANK.ask(end_to_end_id="e1", message_id="FILE2").standing is Standing.NOT_THERE


def test_the_same_file_again_is_a_duplicate(bank: Bank) -> None:
    BANK.send(message_id="FILE1", file=a_file())
    with pytest.raises(Refused) as refusal:
        BANK.send(message_id="FILE1", file=a_file())
    assert refusal.value.code == "DUPL"


def test_a_file_the_bank_rejects_is_refused_with_its_reason(bank: Bank) -> None:
    bank.behave("reject-file")
    with pytest.raises(Refused) as refusal:
        BANK.send(message_id="FILE1", file=a_file())
    assert refusal.value.code == "FF01"


@pytest.mark.parametrize("fault", ["silent", "reset", "500", "garbage"])
def test_a_lost_answer_is_unknown_and_the_bank_has_the_file(
    line: LossyLine, bank: Bank, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "SEND_SECONDS", 1)
    line.fault = fault
    with pytest.raises(Unknown):
        BANK.send(message_id="FILE1", file=a_file())
    assert bank.files() == 1
    assert BANK.ask(end_to_end_id="e1", message_id="FILE1").standing is Standing.ACCEPTED


def test_a_door_that_stays_shut_is_retryable(line: LossyLine, bank: Bank) -> None:
    line.fault = "401"
    with pytest.raises(Retryable, match="http_401"):
        BANK.send(message_id="FILE1", file=a_file())
    assert bank.files() == 0


def test_nobody_there_is_retryable(settings: SettingsWrapper) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        settings.BANK_URL = f"http://127.0.0.1:{probe.getsockname()[1]}"
        with pytest.raises(Retryable, match="no_connection"):
            BANK.send(message_id="FILE1", file=a_file())


@pytest.mark.parametrize("fault", ["500", "garbage", "reset"])
def test_a_broken_answer_to_a_question_says_nothing(line: LossyLine, fault: str) -> None:
    BANK.send(message_id="FILE1", file=a_file())
    line.fault, line.everything = fault, True
    with pytest.raises(Unknown):
        BANK.ask(end_to_end_id="e1", message_id="FILE1")
    with pytest.raises(Unknown):
        BANK.waiting()


def test_messages_wait_until_they_are_taken_and_stay_readable(bank: Bank) -> None:
    BANK.send(message_id="FILE1", file=a_file())
    waiting = BANK.waiting()
    assert [kind_of(letter.body.encode()) for letter in waiting] == [MessageKind.STATUS, MessageKind.NOTICE]
    assert {letter.account for letter in waiting} == {"WALLET"}
    assert [letter.number for letter in BANK.waiting()] == [1, 2]
    assert [letter.number for letter in BANK.take()] == [1, 2]
    assert BANK.waiting() == []
    again = BANK.letter(1)
    assert again is not None
    assert kind_of(again.body.encode()) is MessageKind.STATUS
    assert BANK.letter(3) is None


@pytest.mark.django_db
def test_never_inside_a_transaction(bank: Bank) -> None:
    with db.transaction(), pytest.raises(db.AlreadyInTransaction):
        BANK.send(message_id="FILE1", file=a_file())
    assert bank.files() == 0
