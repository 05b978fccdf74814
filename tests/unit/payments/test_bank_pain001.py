"""Payment files: valid, the same every time, in characters every bank takes."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from ledger.money import Money
from payments.providers.bank import pain001
from payments.providers.bank.facts import Debtor, Payment, PaymentFile

PAYMENT = Payment(
    end_to_end_id="agju2bmzpnzhfmg5kx6ndgrkfq",
    amount=Money(123_456, "EUR"),
    iban="DE89370400440532013000",
    bic="COBADEFFXXX",
    holder_name="Jörg Müller-Łukasiewicz",
    remittance="Wallet wdr_agju2bmz",
)
FILE = PaymentFile(
    message_id="agju2bmzpnzhfmg5kx6ndgrkfr",
    debtor=Debtor("Wallet customer funds", "NL84MOCK0000000100", "MOCKNL2A"),
    payments=[PAYMENT, replace(PAYMENT, end_to_end_id="b2", amount=Money(1, "EUR"))],
    created_at=datetime(2026, 11, 23, 9, 30, 15, 999, tzinfo=UTC),
    execute_on=date(2026, 11, 24),
)


def written(file: PaymentFile = FILE) -> str:
    return pain001.write(file).decode()


def texts(xml: str, tag: str) -> list[str]:
    return re.findall(rf"<{tag}(?: [^>]*)?>([^<]*)</{tag}>", xml)


def test_says_what_shall_be_paid_under_our_identifiers() -> None:
    xml = written()
    assert 'xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"' in xml
    assert texts(xml, "MsgId") == ["agju2bmzpnzhfmg5kx6ndgrkfr"]
    assert texts(xml, "PmtInfId") == ["agju2bmzpnzhfmg5kx6ndgrkfr-1"]
    assert texts(xml, "CreDtTm") == ["2026-11-23T09:30:15Z"]
    assert texts(xml, "NbOfTxs") == ["2", "2"]
    assert texts(xml, "CtrlSum") == ["1234.57", "1234.57"]
    assert texts(xml, "InstdAmt") == ["1234.56", "0.01"]
    assert texts(xml, "EndToEndId") == ["agju2bmzpnzhfmg5kx6ndgrkfq", "b2"]
    assert texts(xml, "IBAN") == ["NL84MOCK0000000100", *["DE89370400440532013000"] * 2]
    assert texts(xml, "BtchBookg") == ["false"]
    assert texts(xml, "Dt") == ["2026-11-24"]


def test_the_same_file_is_the_same_bytes() -> None:
    assert pain001.write(FILE) == pain001.write(replace(FILE, payments=list(FILE.payments)))


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Jörg Müller-Łukasiewicz", "Jorg Muller-Lukasiewicz"),
        ("王 小明", "Wang Xiao Ming"),
        ("Анна Каренина", "Anna Karenina"),
        ("O’Brien & Sons <script>", "O'Brien Sons script"),
        ("A" * 200, "A" * 70),
        ("\u200b", "NOTPROVIDED"),
        ("_*_", "NOTPROVIDED"),
    ],
)
def test_names_are_written_in_the_letters_every_bank_takes(name: str, shown: str) -> None:
    xml = written(replace(FILE, payments=[replace(PAYMENT, holder_name=name)]))
    assert texts(xml, "Nm")[-1] == shown


@pytest.mark.parametrize(
    "wrong",
    [
        {"iban": "de89370400440532013000"},
        {"iban": "DE89 3704"},
        {"bic": "COBADEF"},
        {"bic": ""},
        {"end_to_end_id": "x" * 36},
        {"end_to_end_id": ""},
        {"amount": Money(0, "EUR")},
        {"amount": Money(100, "USD")},
        {"amount": Money(10**11, "EUR")},
    ],
)
def test_one_that_would_spoil_the_file_is_known_before(wrong: dict[str, object]) -> None:
    payment = replace(PAYMENT, **wrong)  # type: ignore[arg-type]
    assert pain001.is_writable(PAYMENT)
    assert not pain001.is_writable(payment)
    with pytest.raises(pain001.Unwritable, match="cannot be written"):
        pain001.write(replace(FILE, payments=[PAYMENT, payment]))


def test_what_the_schema_refuses_is_not_written() -> None:
    with pytest.raises(pain001.Unwritable):
        pain001.write(replace(FILE, debtor=replace(FILE.debtor, iban="not an account")))
