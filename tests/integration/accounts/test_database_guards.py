"""What the database itself refuses in the rows of accounts, whoever asks."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import DatabaseError, IntegrityError, connections, transaction
from django.db.models import ProtectedError

from accounts.identity.models import User
from accounts.identity.services import people
from accounts.mfa.models import PaymentPinDevice
from accounts.wallets.selectors import balances_of
from ledger import services as ledger
from tests.factories.people import make_person, make_staff, now

if TYPE_CHECKING:
    from uuid import UUID

APPEND_ONLY = (
    "accounts_audit_checkpoint",
    "accounts_consent",
    "accounts_switchchange",
    "accounts_recorded_event",
    "accounts_risk_decision",
    "accounts_challengeevent",
    "accounts_approvalevent",
)
KEPT = (
    "accounts_delivery",
    "accounts_challenge",
    "accounts_limit_usage",
    "accounts_paymentpindevice",
    "accounts_smallamountcounter",
)


def _open(owner: UUID) -> None:
    ledger.open_account(owner_kind="person", owner_id=owner, code="wallet", currency="EUR", at=now(), floor_minor=0)


@pytest.mark.django_db
class TestStaffOwnNoWallet:
    def test_the_ledger_opens_none_for_staff(self) -> None:
        dave = make_staff("dave")
        with pytest.raises(IntegrityError, match="a staff account owns no wallet"), transaction.atomic():
            _open(dave.pk)
        assert balances_of(dave) == []

    def test_who_owns_one_does_not_become_staff(self) -> None:
        alice = make_person("alice")
        with pytest.raises(IntegrityError, match="who owns a wallet cannot be staff"), transaction.atomic():
            User.objects.filter(pk=alice.pk).update(is_staff=True)
        assert User.objects.get(pk=alice.pk).is_staff is False

    def test_nobody_is_made_staff_over_a_wallet_that_is_there(self) -> None:
        owner = uuid4()
        _open(owner)
        with pytest.raises(IntegrityError, match="who owns a wallet cannot be staff"), transaction.atomic():
            User.objects.create_user(id=owner, handle="dave", is_staff=True)

    def test_everybody_else_is_let_be(self) -> None:
        alice, dave = make_person("alice"), make_staff("dave")
        User.objects.filter(pk=alice.pk).update(is_staff=False)
        User.objects.filter(pk=dave.pk).update(is_staff=False)
        _open(dave.pk)
        erin = make_staff("erin")
        ledger.open_account(owner_kind="merchant", owner_id=erin.pk, code="wallet", currency="EUR", at=now())
        assert [balance.currency for balance in balances_of(dave)] == ["EUR"]

    def test_createsuperuser_works(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "calm-heron-reads-42")
        call_command("createsuperuser", "--noinput", handle="root", email="root@example.com", verbosity=0)
        root = User.objects.get(handle="root")
        assert (root.is_staff, root.is_superuser, balances_of(root)) == (True, True, [])


def refusal_of(statement: str, *, using: str) -> str:
    """The SQLSTATE; the transaction of the test goes on."""
    with pytest.raises(DatabaseError) as refused, transaction.atomic(using=using):
        connections[using].cursor().execute(statement)
    return str(refused.value.__cause__.sqlstate)  # type: ignore[union-attr]


@pytest.mark.django_db(databases=["default", "owner"])
class TestRowsThatStay:
    @pytest.mark.parametrize("table", KEPT + APPEND_ONLY)
    def test_nobody_deletes_them(self, table: str) -> None:
        for statement in (f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):
            assert refusal_of(statement, using="default") == "42501"
            assert refusal_of(statement, using="owner") == "WL014"

    @pytest.mark.parametrize("table", APPEND_ONLY)
    def test_nobody_changes_what_happened(self, table: str) -> None:
        key = "no" if table == "accounts_audit_checkpoint" else "id"
        statement = f"UPDATE {table} SET {key} = {key}"
        assert refusal_of(statement, using="default") == "42501"
        assert refusal_of(statement, using="owner") == "WL014"


@pytest.mark.django_db
class TestPeopleWhoLeft:
    def test_who_never_verified_a_contact_is_still_forgotten(self) -> None:
        long_ago = now() - timedelta(days=400)
        person = User.objects.create_user(handle="ghost", date_joined=long_ago)
        assert people.forget_unverified(at=now()) == 1
        assert not User.objects.filter(pk=person.pk).exists()

    def test_who_has_a_pin_or_a_history_is_not_deleted(self) -> None:
        alice = make_person("alice")
        with pytest.raises(ProtectedError):
            alice.delete()
        assert PaymentPinDevice.objects.filter(user=alice).exists()
