"""The books on the desk: T-accounts, trial balance, checkpoints and checks; to read, and few statements."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.db.models import Model
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from ledger import exports, services, tasks
from ledger.models import Account, Check, Checkpoint, Entry, Hold
from ledger.money import Money
from ledger.signing import public_key
from tests.factories.ledger import AT, draft, post, wallet
from tests.factories.people import make_staff
from tests.factories.sessions import at_the_desk
from wallet_project.lib import db, ids
from wallet_project.lib.jobs import jobs

pytestmark = pytest.mark.django_db


@pytest.fixture
def grace(db: None) -> Client:
    """May see everything."""
    return at_the_desk(make_staff("grace", is_superuser=True))


def page(client: Client, path: str) -> tuple[str, int]:
    """The page's text, and how many statements asked the ledger's tables."""
    with CaptureQueriesContext(connection) as asked:
        answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode(), sum("ledger_" in query["sql"] for query in asked.captured_queries)


def test_accounts_with_their_balances_in_one_statement_whatever_their_number(grace: Client) -> None:
    alice = wallet(minor=123_450, ceiling_minor=500_000)
    with db.transaction():
        services.place_hold(
            hold_id=ids.uuid7(),
            account_id=alice.id,
            amount=Money(200, "EUR"),
            reason="TRANSFER",
            expires_at=None,
            at=AT,
        )
    services.freeze(account_id=alice.id, debit=True, credit=False, at=AT)
    few = page(grace, f"/admin/ledger/account/?q={alice.id}")
    many = page(grace, "/admin/ledger/account/")
    assert few[1] == many[1]
    for shown in (
        "1,234.50\u00a0EUR",
        "2.00\u00a0EUR",
        "0.00\u00a0EUR … 5,000.00\u00a0EUR",
        "no debits",
        "Trial balance",
    ):
        assert shown in few[0]


def test_an_account_with_its_lines_and_holds(grace: Client) -> None:
    alice, bob = wallet(minor=5_000), wallet()
    sent = post(alice.id, bob.id, 1_200)
    text, asked = page(grace, f"/admin/ledger/account/{alice.id}/change/")
    assert "<td>12.00\u00a0EUR</td><td></td><td>38.00\u00a0EUR</td>" in text
    assert str(sent.entry_id) in text
    for _ in range(5):
        post(alice.id, bob.id, 1)
    assert page(grace, f"/admin/ledger/account/{alice.id}/change/")[1] == asked


def test_an_entry_as_t_accounts(grace: Client) -> None:
    alice, bob = wallet(minor=500), wallet()
    sent = post(alice.id, bob.id, 200)
    text, _ = page(grace, f"/admin/ledger/entry/{sent.entry_id}/change/")
    left = f"<td>1</td><td>wallet EUR · person {alice.owner_id}</td><td>0</td><td>2.00\u00a0EUR</td><td></td>"
    right = f"<td>2</td><td>wallet EUR · person {bob.owner_id}</td><td>0</td><td></td><td>2.00\u00a0EUR</td>"
    assert left in text
    assert right in text
    assert '<td colspan="3">EUR</td><td>2.00\u00a0EUR</td><td>2.00\u00a0EUR</td>' in text


def test_holds_with_their_amounts_in_one_statement_whatever_their_number(grace: Client) -> None:
    yen = wallet(minor=5_000, currency="JPY")

    def hold(minor: int) -> str:
        with db.transaction():
            held = services.place_hold(
                hold_id=ids.uuid7(),
                account_id=yen.id,
                amount=Money(minor, "JPY"),
                reason="TRANSFER",
                expires_at=None,
                at=AT,
            )
            services.release_hold(hold_id=held.id, at=AT, amount=Money(100, "JPY"))
        return str(held.id)

    held = hold(1_200)
    text, asked = page(grace, "/admin/ledger/hold/")
    assert "1,200\u00a0JPY" in text
    assert "100\u00a0JPY" in text
    assert "1,200\u00a0JPY" in page(grace, f"/admin/ledger/hold/{held}/change/")[0]
    for _ in range(5):
        hold(150)
    assert page(grace, "/admin/ledger/hold/")[1] == asked


class TestSearch:
    def test_finds_full_ids_through_the_keys(self, grace: Client) -> None:
        alice, bob = wallet(minor=500), wallet()
        sent = post(alice.id, bob.id, 200, reference="trf_wanted")
        other = post(alice.id, bob.id, 1)
        for model, term, found, left_out in (
            ("entry", str(sent.entry_id), str(sent.entry_id), str(other.entry_id)),
            ("entry", "trf_wanted", str(sent.entry_id), str(other.entry_id)),
            ("account", str(alice.owner_id), str(alice.owner_id), str(bob.owner_id)),
            ("account", str(alice.public_id), str(alice.owner_id), str(bob.owner_id)),
            ("account", str(alice.id), str(alice.owner_id), str(bob.owner_id)),
        ):
            with CaptureQueriesContext(connection) as asked:
                text = grace.get(f"/admin/ledger/{model}/?q={term}").content.decode()
            assert found in text
            assert left_out not in text
            assert not any("UPPER(" in query["sql"] for query in asked.captured_queries)

    @pytest.mark.parametrize("model", ["account", "entry", "hold"])
    @pytest.mark.parametrize("term", ["nonsense", "99999999999999999999999", "-1", "%", "' OR 1=1", "\u0661"])
    def test_finds_nothing_by_what_is_no_id(self, grace: Client, model: str, term: str) -> None:
        alice = wallet(minor=500)
        with db.transaction():
            services.place_hold(
                hold_id=ids.uuid7(),
                account_id=alice.id,
                amount=Money(5, "EUR"),
                reason="TRANSFER",
                expires_at=None,
                at=AT,
            )
        answer = grace.get(f"/admin/ledger/{model}/", {"q": term})
        assert answer.status_code == 200
        assert "/change/" in grace.get(f"/admin/ledger/{model}/").content.decode()
        assert "/change/" not in answer.content.decode()


def test_the_trial_balance(grace: Client) -> None:
    wallet(minor=123_400)
    text, asked = page(grace, "/admin/ledger/account/trial-balance/")
    assert "Every currency adds up to zero." in text
    assert "<td>clearing.stripe</td>" in text
    assert asked == 1


def test_the_trial_balance_asks_for_the_right(db: None) -> None:
    assert at_the_desk(make_staff("dave")).get("/admin/ledger/account/trial-balance/").status_code == 403


def test_checkpoints_and_checks(grace: Client) -> None:
    wallet(minor=100)
    signed = services.sign_checkpoint(at=AT)
    text, _ = page(grace, "/admin/ledger/checkpoint/")
    assert signed.root.hex() in text
    text, _ = page(grace, f"/admin/ledger/checkpoint/{signed.no}/change/")
    assert signed.key_id in text
    with connection.cursor() as cursor:
        cursor.execute(
            'SELECT ledger_note_check(1, now(), 1234, 77, NULL, \'[["chain", "account 5 stripe 0 seq 2", "no"]]\')'
        )
        (no,) = cursor.fetchone()
    text, _ = page(grace, f"/admin/ledger/check/{no}/change/")
    assert "<td>chain</td><td>account 5 stripe 0 seq 2</td><td>no</td>" in text
    assert "1.2" in text


@pytest.mark.parametrize("model", [Account, Entry, Hold, Checkpoint, Check])
def test_changes_nothing(model: type[Model], rf: RequestFactory) -> None:
    page = admin.site._registry[model]
    request = rf.get("/")
    assert not page.has_add_permission(request)
    assert not page.has_change_permission(request)
    assert not page.has_delete_permission(request)


class TestNights:
    def test_both_jobs_run_every_night(self) -> None:
        registered = dict(jobs.items())
        for name in ("ledger.check_books", "ledger.sign_checkpoint"):
            assert (registered[name].task, registered[name].every_seconds, registered[name].queue) == (
                name,
                86_400,
                "reports",
            )

    def test_signing(self) -> None:
        wallet(minor=100)
        assert tasks.sign_checkpoint() == Checkpoint.objects.count()

    def test_a_copy_leaves_the_database(self, settings: Any, tmp_path: Path) -> None:
        settings.LEDGER_EXPORTS = str(tmp_path)
        wallet(minor=100)
        no = tasks.sign_checkpoint()
        (file,) = tmp_path.iterdir()
        assert file.name == f"checkpoint-1-{no:06}"
        with file.open(encoding="ascii") as stream:
            signed, leaves = exports.read(stream)
            assert exports.problems(signed, leaves, public_key=public_key(settings.LEDGER_SIGNING_KEY)) == []
        assert signed.no == no

    def test_a_folder_that_is_not_there_fails_the_job(self, settings: Any, tmp_path: Path) -> None:
        settings.LEDGER_EXPORTS = str(tmp_path / "gone")
        wallet(minor=100)
        with pytest.raises(FileNotFoundError):
            tasks.sign_checkpoint()
        assert Checkpoint.objects.count() == 1


def test_a_draft_is_not_shown_before_it_is_posted(grace: Client) -> None:
    assert grace.get(f"/admin/ledger/entry/{draft(1, 2, 3).entry_id}/change/").status_code == 302
