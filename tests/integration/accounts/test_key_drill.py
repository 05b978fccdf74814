"""A change of the field key, rehearsed: everything opens under the new key alone, and people notice nothing."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from io import StringIO
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.identity.mfa_adapter import MFAAdapter, sealing_for
from accounts.identity.models import User
from accounts.management import sealed
from accounts.stepup import selectors as stepup_selectors
from accounts.stepup import services as stepup
from ledger.money import Money
from payments.banking.models import BankAccount
from support.help import services as help_room
from support.help.models import HelpRequest
from tests.factories import withdrawals
from tests.factories.people import ORIGIN, PASSWORD, PIN, give_money, make_person, now
from tests.factories.statements import made as made_statement
from tests.factories.transfers import known_payee, send
from tests.integration.accounts.app import App, pending
from transfers.p2p.models import Transfer

if TYPE_CHECKING:
    from pytest_django.fixtures import SettingsWrapper

pytestmark = pytest.mark.django_db

SECRET = "JBSWY3DPEHPK3PXP"


def said(command: str, **options: Any) -> tuple[int, list[str]]:
    out = StringIO()
    try:
        call_command(command, stdout=out, stderr=out, **options)
    except CommandError as refusal:
        return refusal.returncode, [*out.getvalue().splitlines(), str(refusal)]
    return 0, out.getvalue().splitlines()


@pytest.fixture
def ada() -> User:
    """Somebody with something in many sealed columns."""
    person = make_person("ada", phone="+4915123456789", phone_verified_at=now())
    with sealing_for(person):
        TOTP.activate(person, SECRET)
    give_money(person, Money(50_000, "EUR"))
    withdrawals.confirmed(person, withdrawals.add_account(person, cooled_off=False), 1_000)
    send(person, known_payee(person, make_person("bob")), 4_000)
    help_room.ask_for_help(
        submission=uuid4(), user=person, topic="OTHER", contact="a@b.c", message="Where?", at=now(), origin=ORIGIN
    )
    today = datetime.now(UTC).date()
    made_statement(person, today, today)
    return person


def test_everything_opens_under_the_new_key_alone(ada: User, settings: SettingsWrapper) -> None:
    old = dict(settings.FIELD_KEYS)
    settings.FIELD_KEYS = {"2": secrets.token_bytes(32), **old}
    code, lines = said("check_sealed", newest_only=True)
    assert code == 1
    assert lines[-1].endswith("values do not open.")
    assert said("reencrypt")[0] == 0
    held = {place: count for place, count, _ in sealed.look() if count}
    assert {"accounts_user.email", "accounts_statement_file.document", "payments_bankaccount.iban"} <= set(held)
    assert len(held) > 15
    code, lines = said("check_sealed", newest_only=True)
    assert (code, lines[-1]) == (0, f"{sum(held.values())} values open with 2.")
    settings.FIELD_KEYS = {"2": settings.FIELD_KEYS["2"]}
    assert said("reencrypt")[1][-1] == "0 values are under key 2 now."

    again = User.objects.get(pk=ada.pk)
    assert (again.email, again.phone, again.shown_name) == ("ada@example.com", "+4915123456789", "Ada Example")
    assert EmailAddress.objects.get(email="ada@example.com").user == ada
    assert BankAccount.objects.get().iban == withdrawals.IBAN
    assert HelpRequest.objects.get().message == "Where?"
    assert MFAAdapter().decrypt(Authenticator.objects.get().data["secret"]) == SECRET
    answer = App().auth("auth/login", {"email": "ada@example.com", "password": PASSWORD})
    assert "mfa_authenticate" in pending(answer)
    transfer = Transfer.objects.get()
    challenge = stepup_selectors.open_challenge_of(transfer.pk)
    assert challenge is not None
    stepup.answer(challenge_id=challenge.pk, user=again, method="pin", code=PIN, at=now(), origin=ORIGIN)
    transfer.refresh_from_db()
    assert transfer.status == "COMPLETED"


def test_a_value_that_does_not_open_is_named_and_not_shown(ada: User) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE support_helprequest SET message = replace(message, ':', ':AA')")
    code, lines = said("check_sealed")
    assert code == 1
    assert lines[0] == f"support_helprequest.message: {HelpRequest.objects.values_list('pk', flat=True).get()}"
    assert lines[-1].startswith("1 of ")


def test_a_cell_of_another_row_does_not_open(ada: User) -> None:
    """Whoever copies a cell to another owner's row is found, not served."""
    other = make_person("eve")
    account = withdrawals.add_account(other, cooled_off=False)
    mine = BankAccount.objects.exclude(pk=account.pk).get()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE payments_bankaccount t SET iban = mine.iban FROM payments_bankaccount mine"
            " WHERE mine.id = %s AND t.id = %s",
            [mine.pk, account.pk],
        )
    code, lines = said("check_sealed")
    assert (code, lines[0]) == (1, f"payments_bankaccount.iban: {account.pk}")


def test_the_drill_goes_forth_and_back(ada: User, settings: SettingsWrapper) -> None:
    before = dict(settings.FIELD_KEYS)
    code, lines = said("drill_key_rotation")
    assert (code, lines[-1]) == (0, "The drill is done: everything is under the key it was under before.")
    assert dict(settings.FIELD_KEYS) == before
    assert said("reencrypt")[1][-1] == f"0 values are under key {next(iter(before))} now."
    assert User.objects.get(pk=ada.pk).email == "ada@example.com"


def test_the_drill_is_not_for_production(settings: SettingsWrapper) -> None:
    settings.WALLET_ENV = "prod"
    code, lines = said("drill_key_rotation")
    assert (code, lines) == (
        1,
        ["The drill is for development: production follows docs/runbooks/key-rotation.md."],
    )
