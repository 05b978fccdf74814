"""A copy of everything held about a person: complete, readable by people and programs, and nobody else's."""

from __future__ import annotations

import json
import stat
import zipfile
from datetime import UTC, datetime, timedelta
from io import BytesIO, StringIO
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command

from accounts.audit import services as audit
from accounts.audit.models import RecordedEvent
from accounts.identity.models import User
from accounts.privacy import archive, services
from accounts.privacy.registry import holdings
from accounts.staff.policy import COMPLIANCE
from ledger.money import Money
from payments.banking import services as banking
from support.help import services as help_room
from tests.factories import withdrawals
from tests.factories.people import ORIGIN, give_money, make_person, make_staff, now
from tests.factories.staff import make_officer
from tests.factories.transfers import known_payee, send

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.django_db

EMAIL, PHONE = "ottilie.quarzfeld@example.org", "+4915199887766"
QUESTION, ANSWER, MESSAGE, NOTE = "Whose account is it?", "My sister's", "Where is my <b>money</b>?", "Onion tart"

EXPORTED = {
    "accounts.ActivityItem": "activity",
    "accounts.Consent": "consents",
    "accounts.PrivacySwitches": "switches",
    "accounts.Statement": "statements",
    "accounts.SwitchChange": "switch_changes",
    "accounts.User": "profile",
    "accounts.WalletSession": "devices",
    "payments.BankAccount": "bank_accounts",
    "payments.TopUp": "top_ups",
    "payments.Withdrawal": "withdrawals",
    "support.HelpRequest": "help_requests",
    "support.Notification": "notices",
    "transfers.Payee": "payees",
    "transfers.Transfer": "transfers_sent",
}
NOT_EXPORTED = {
    "accounts.AppToken": "opens a session; the session is in devices",
    "accounts.Approval": "what officers did",
    "accounts.AuthenticatorDevice": "the bridge of a second factor",
    "accounts.Challenge": "ids and states of confirmations",
    "accounts.EmailDevice": "checks a code",
    "accounts.Export": "when a copy was asked for",
    "accounts.ExportFile": "the copy itself",
    "accounts.LimitUsage": "sums of the activity",
    "accounts.OneTimeMessage": "a code on its way",
    "accounts.PasswordDevice": "checks a password",
    "accounts.PaymentPinDevice": "checks a PIN",
    "accounts.PendingPin": "checks a PIN",
    "accounts.RiskDecision": "how fraud is looked for (GwG § 47, GDPR art. 15(4))",
    "accounts.SMSDevice": "checks a code",
    "accounts.SmallAmountCounter": "sums of the activity",
    "accounts.StatementFile": "a file of what is in statements and activity",
    "accounts.TotpUse": "the last step of a second factor",
    "payments.MaturedAtOnce": "ids and amounts of top-ups",
    "payments.WithdrawalQuestion": "in withdrawal_questions, by its withdrawal",
    "accounts.Alert": "how attacks are looked for (GDPR art. 15(4))",
}


@pytest.fixture
def ottilie() -> User:
    """Somebody with something in every part of the wallet."""
    person = make_person("ottilie", shown_name="Ottilie Quarzfeld", email=EMAIL, phone=PHONE, phone_verified_at=now())
    give_money(person, Money(50_000, "EUR"))
    services.set_switches(user=person, changes={"analytics": True}, at=now(), origin=ORIGIN)
    services.accept(user=person, versions={"terms": "2026-11"}, at=now(), origin=ORIGIN)
    withdrawal = withdrawals.confirmed(person, withdrawals.add_account(person, cooled_off=False), 1_000)
    erin = make_officer("erin", COMPLIANCE)
    withdrawals.ask(withdrawal, erin, QUESTION)
    banking.answer_question(user=person, withdrawal_id=withdrawal.pk, text=ANSWER, at=now(), origin=ORIGIN)
    bob = make_person("bob", shown_name="Bob Geheimnis", email="bob.geheimnis@example.net")
    send(person, known_payee(person, bob), 4_000, note=NOTE)
    help_room.ask_for_help(
        submission=uuid4(), user=person, topic="OTHER", contact=EMAIL, message=MESSAGE, at=now(), origin=ORIGIN
    )
    while audit.dispatch_due(at=now() + timedelta(seconds=1)):
        pass
    return User.objects.get(pk=person.pk)


def opened(content: bytes) -> tuple[str, dict[str, Any]]:
    with zipfile.ZipFile(BytesIO(content)) as archived:
        assert sorted(archived.namelist()) == ["data.json", "index.html"]
        return archived.read("index.html").decode(), json.loads(archived.read("data.json"))


class TestArchive:
    def test_holds_what_people_wrote_and_gave(self, ottilie: User) -> None:
        at = datetime(2026, 11, 22, 22, 0, tzinfo=UTC)
        page, data = opened(archive.make(ottilie, at=at))
        assert (data["format"], data["person"], data["made_at"]) == (1, ottilie.public_id, "2026-11-22T22:00:00+00:00")
        held = data["sections"]
        assert held["profile"][0]["email"] == EMAIL
        assert held["profile"][0]["phone"] == PHONE
        assert held["bank_accounts"][0]["iban"] == withdrawals.IBAN
        assert held["withdrawals"][0]["amount"] == {"amount_minor": 1_000, "currency": "EUR"}
        assert [(one["question"], one["answer"]) for one in held["withdrawal_questions"]] == [(QUESTION, ANSWER)]
        assert held["transfers_sent"][0]["note"] == NOTE
        assert held["help_requests"][0]["message"] == MESSAGE
        assert held["consents"][0]["version"] == "2026-11"
        assert {one["switch"]: one["is_on"] for one in held["switches"]}["analytics"] is True
        assert [one["switch"] for one in held["switch_changes"]] == ["analytics"]
        assert len(held["activity"]) == 3
        assert held["notices"]
        assert held["security_events"]
        for text in (EMAIL, PHONE, withdrawals.IBAN, QUESTION, NOTE, "Ottilie Quarzfeld", "€10.00"):
            assert text in page, text

    def test_shows_others_as_the_person_was_shown_them(self, ottilie: User) -> None:
        content = archive.make(ottilie, at=now())
        page, data = opened(content)
        assert data["sections"]["transfers_sent"][0]["payee_shown_name"].startswith("Bob G")
        for secret in ("bob.geheimnis@example.net", "bob@example.com"):
            assert secret not in page
            assert secret not in json.dumps(data)

    def test_holds_nobody_elses_rows(self, ottilie: User) -> None:
        eve = make_person("eve")
        page, data = opened(archive.make(eve, at=now()))
        for secret in (EMAIL, PHONE, withdrawals.IBAN, ANSWER, NOTE, "Ottilie"):
            assert secret not in page
            assert secret not in json.dumps(data)
        assert data["sections"]["profile"][0]["handle"] == "eve"
        assert data["sections"]["bank_accounts"] == []

    def test_holds_no_secret_of_sign_in(self, ottilie: User) -> None:
        page, data = opened(archive.make(ottilie, at=now()))
        for secret in (ottilie.password, ottilie.email_index or "-", "pin_hash", "argon2"):
            assert secret not in page
            assert secret not in json.dumps(data)

    def test_what_was_typed_stays_text(self, ottilie: User) -> None:
        page, _data = opened(archive.make(ottilie, at=now()))
        assert "Where is my &lt;b&gt;money&lt;/b&gt;?" in page
        assert "<script" not in page

    def test_speaks_the_active_language(self, ottilie: User) -> None:
        from django.utils import translation

        with translation.override("zh-hans"):
            page, data = opened(archive.make(ottilie, at=now()))
        assert "<h2>银行账户</h2>" in page
        assert "bank_accounts" in data["sections"]


class TestCompleteness:
    def test_every_table_of_a_person_is_in_it_or_says_why_not(self, ottilie: User) -> None:
        """A new table with a person in it must be given to them, or named here with the reason."""
        people = {
            model._meta.label
            for model in apps.get_models()
            if model._meta.app_label in {"accounts", "payments", "transfers", "support"} and not model._meta.proxy
            for field in model._meta.local_fields
            if field.is_relation and field.related_model is User and field.name in {"user", "payer", "sender"}
        } | {"accounts.User", "payments.WithdrawalQuestion", "accounts.Approval"}
        assert people - set(EXPORTED) - set(NOT_EXPORTED) == set()
        held = opened(archive.make(ottilie, at=now()))[1]["sections"]
        assert set(EXPORTED.values()) <= set(held)

    def test_each_app_offers_what_it_holds(self) -> None:
        assert [name for name, _ in sorted(holdings.items())] == ["accounts", "payments", "support", "transfers"]


class TestCommand:
    def said(self, *arguments: str, **options: str) -> tuple[int, str]:
        out = StringIO()
        try:
            call_command("export_person", *arguments, stdout=out, **options)
        except CommandError as refusal:
            return refusal.returncode, str(refusal)
        return 0, out.getvalue()

    def test_writes_a_file_for_its_owner_alone_and_the_person_sees_it(self, ottilie: User, tmp_path: Path) -> None:
        copy = tmp_path / "copy.zip"
        assert self.said(ottilie.public_id, str(copy), by="erin")[0] == 0
        assert stat.S_IMODE(copy.stat().st_mode) == 0o600
        assert opened(copy.read_bytes())[1]["person"] == ottilie.public_id
        read = RecordedEvent.objects.filter(subject_id=ottilie.pk, payload__kind="personal_data_read").get()
        assert (read.payload["details"]["what"], read.payload["details"]["reason"]) == ("copy", "customer_asked")
        assert read.actor_id == str(User.objects.get(handle="erin").pk)

    def test_only_by_whose_role_reads_personal_data(self, ottilie: User, tmp_path: Path) -> None:
        make_staff("dave")
        copy = tmp_path / "copy.zip"
        for by in ("dave", "bob", "nobody"):
            assert self.said(ottilie.public_id, str(copy), by=by)[0] == 1
        assert not copy.exists()
        assert not RecordedEvent.objects.filter(payload__kind="personal_data_read").exists()

    def test_overwrites_nothing(self, ottilie: User, tmp_path: Path) -> None:
        (tmp_path / "there").write_text("precious")
        assert self.said(ottilie.public_id, str(tmp_path / "there"), by="erin")[0] == 1
        assert (tmp_path / "there").read_text() == "precious"

    @pytest.mark.parametrize("person", ["usr_aaaaaaaaaaaaaaaaaaaaaaaaaa", "ottilie", "trf_x"])
    def test_a_person_there_is_not(self, ottilie: User, tmp_path: Path, person: str) -> None:
        assert self.said(person, str(tmp_path / "copy.zip"), by="erin") == (1, "There is no such person.")
        assert not (tmp_path / "copy.zip").exists()
