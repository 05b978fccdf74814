"""Statements as rows: what is in them, that they chain, and that nothing changes one that was issued."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import DatabaseError, IntegrityError, connection, transaction

from accounts.activity.models import ActivityItem
from accounts.audit.models import RecordedEvent
from accounts.statements import policy, selectors, services
from accounts.statements.errors import StatementFileGone, StatementNotReady, StatementTooLong
from accounts.statements.models import Statement, StatementFile, Status
from accounts.wallets.selectors import wallet_of
from accounts.wallets.services import add_wallet
from ledger import services as ledger
from ledger.money import Money
from ledger.spans import span_of
from support.notifications.models import Notification
from tests.factories.activity import happened
from tests.factories.people import ORIGIN, give_money, now
from tests.factories.statements import asked, booked, csv_rows, csv_totals, made, pdf_text, pdf_totals, post
from wallet_project.lib import crypto, db, ids
from wallet_project.lib.api import IdempotencyKeyReused
from wallet_project.lib.errors import Invalid, NotFound

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries
    from pytest_django.fixtures import SettingsWrapper

    from accounts.identity.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def today() -> date:
    return now().astimezone(policy.begins(date(2026, 1, 1), "Europe/Berlin").tzinfo).date()


def _rows(statement: Statement) -> list[dict[str, str]]:
    return csv_rows(services.content_of(statement=statement))


class TestContent:
    def test_every_entry_once_with_the_words_of_the_feed(self, alice: User, today: date) -> None:
        booked(alice, -1_250, shown_name="Mei C•••", note="Dinner")
        subject = booked(alice, 700, shown_name="•美", note="晚饭")
        statement = made(alice, today, today)
        rows = _rows(statement)
        told = [(row["what"], row["counterparty"], row["note"], row["balance_minor"]) for row in rows[1:-1]]
        assert told == [
            ("Added money", "", "", "30000"),
            ("Sent", "Mei C•••", "Dinner", "28750"),
            ("Received", "•美", "晚饭", "29450"),
        ]
        assert rows[3]["reference"] == ids.public("trf", subject)
        assert (rows[0]["balance_minor"], rows[-1]["balance_minor"]) == ("0", "29450")
        assert (statement.opening_minor, statement.closing_minor) == (0, 29_450)
        assert (statement.in_minor, statement.out_minor, statement.entries) == (30_700, 1_250, 3)

    def test_the_pdf_has_the_same_totals(self, alice: User, today: date) -> None:
        for number in range(30):
            booked(alice, (-1) ** number * (number + 1) * 7)
        as_csv, as_pdf = made(alice, today, today), made(alice, today, today, format="pdf")
        totals = csv_totals(services.content_of(statement=as_csv))
        assert pdf_totals(services.content_of(statement=as_pdf)) == totals
        for statement in (as_csv, as_pdf):
            kept = {name: getattr(statement, f"{name}_minor") for name in ("opening", "in", "out", "closing")}
            assert kept | {"entries": statement.entries} == totals

    def test_a_fee_has_its_line_and_comes_back_with_the_money(self, alice: User, today: date) -> None:
        wallet = wallet_of(alice, "EUR")
        assert wallet is not None
        subject = uuid4()
        reference = ids.public("wdr", subject)
        happened(
            alice, -1_035, kind="withdrawal", state="SENT", subject_id=subject, reference=reference,
            shown_name="•••• 3000", subject_kind="withdrawal",
        )  # fmt: skip
        post(wallet.id, -1_035, reference=reference, kind="withdrawal.sent", fee_minor=35)
        post(wallet.id, 1_035, reference=reference, kind="withdrawal.returned", fee_minor=-35)
        post(wallet.id, -500, kind="transfer", fee_minor=10)
        statement = made(alice, today, today)
        rows = _rows(statement)[2:5]
        assert [(row["what"], row["counterparty"], row["fee_minor"]) for row in rows] == [
            ("Withdrawn", "•••• 3000", "35"),
            ("Came back", "•••• 3000", "35"),
            ("Sent", "", ""),
        ]
        assert statement.fees_minor == 0

    def test_a_correction_is_a_new_entry(self, alice: User, today: date) -> None:
        give_money(alice, Money(100, "EUR"))
        wallet = wallet_of(alice, "EUR")
        assert wallet is not None
        post(wallet.id, -250, reference="")
        with connection.cursor() as cursor:
            cursor.execute("SELECT entry FROM ledger_posting WHERE account = %s ORDER BY seq DESC LIMIT 1", [wallet.id])
            (entry,) = cursor.fetchone()
        with db.transaction():
            ledger.reverse(entry_id=entry, intent_id=uuid4(), step="undo", at=now(), actor="test")
        assert [row["what"] for row in _rows(made(alice, today, today))[-3:-1]] == ["Sent", "Correction"]

    def test_what_waits_and_what_is_held_stand_apart(self, alice: User, today: date) -> None:
        happened(alice, -4_000, state="UNDER_REVIEW", shown_name="Bob E•••")
        happened(alice, -77, state="DECLINED")
        wallet = wallet_of(alice, "EUR")
        assert wallet is not None
        with db.transaction():
            ledger.place_hold(
                hold_id=uuid4(), account_id=wallet.id, amount=Money(4_000, "EUR"), reason="TRANSFER",
                expires_at=None, at=now(),
            )  # fmt: skip
        statement = made(alice, today, today)
        rows = _rows(statement)
        assert [row["row"] for row in rows] == ["opening", "entry", "closing", "waiting", "reserved"]
        assert (rows[3]["counterparty"], rows[3]["waiting_out_minor"]) == ("Bob E•••", "4000")
        assert "€40.00 is held" in rows[4]["note"]
        assert (statement.closing_minor, statement.out_minor) == (30_000, 0)

    def test_one_wallet_only(self, alice: User, today: date) -> None:
        add_wallet(user=alice, currency="JPY", at=now(), origin=ORIGIN)
        give_money(alice, Money(1_235, "JPY"))
        booked(alice, -5)
        assert _rows(made(alice, today, today, currency="JPY"))[1]["money_in"] == "1235"
        assert made(alice, today, today).entries == 2

    def test_an_empty_time_has_its_balance(self, alice: User, today: date) -> None:
        before = today - timedelta(days=40)
        statement = made(alice, before, before + timedelta(days=5), format="pdf")
        assert (statement.opening_minor, statement.closing_minor, statement.entries) == (0, 0, 0)
        assert statement.is_complete
        assert "Nothing was booked in this time." in pdf_text(services.content_of(statement=statement))

    def test_in_the_language_it_was_asked_in(self, alice: User, today: date) -> None:
        booked(alice, -5)
        assert _rows(made(alice, today, today, language="zh-hans"))[2]["what"] == "已转出"

    def test_a_name_is_no_formula(self, alice: User, today: date) -> None:
        booked(alice, -5, shown_name="+86 138••••5678", note='=HYPERLINK("http://x")')
        row = _rows(made(alice, today, today))[2]
        assert (row["counterparty"], row["note"]) == ("'+86 138••••5678", '\'=HYPERLINK("http://x")')

    def test_days_are_of_the_persons_own_zone(self, alice: User) -> None:
        alice.time_zone = "Pacific/Kiritimati"
        alice.save(update_fields=["time_zone"])
        day = (now() + timedelta(hours=14)).date()
        statement = made(alice, day, day)
        assert statement.time_zone == "Pacific/Kiritimati"
        assert _rows(statement)[1]["booked_at"].endswith("+14:00")
        assert _rows(statement)[1]["booked_on"] == day.isoformat()


class TestCost:
    @pytest.mark.parametrize("entries", [3, 60])
    def test_takes_as_many_queries_for_few_as_for_many(
        self, alice: User, today: date, entries: int, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        for number in range(entries):
            booked(alice, -1 - number)
        statement = asked(alice, today, today)
        savepoints = 4  # the test's own transaction turns ours into savepoints
        with django_assert_num_queries(12 + savepoints):
            services.make(statement_id=statement.pk, at=now())

    def test_reads_in_pieces_and_tells_how_far_it_is(self, alice: User, today: date) -> None:
        for _ in range(10):
            booked(alice, -1)
        statement = asked(alice, today, today)
        assert statement.rows_total == 11
        assert services.make(statement_id=statement.pk, at=now(), batch=3)
        statement.refresh_from_db()
        assert (statement.entries, statement.rows_done, statement.percent) == (11, 11, 100)


class TestAsking:
    def test_the_same_key_is_the_same_statement(self, alice: User, today: date) -> None:
        first = asked(alice, today, today, key="mine")
        assert asked(alice, today, today, key="mine") == first
        with pytest.raises(IdempotencyKeyReused):
            asked(alice, today - timedelta(days=1), today, key="mine")
        assert Statement.objects.count() == 1

    def test_keys_of_two_people_never_meet(self, alice: User, bob: User, today: date) -> None:
        assert asked(alice, today, today, key="k") != asked(bob, today, today, key="k")

    def test_only_of_ones_own_wallet(self, alice: User, bob: User, today: date) -> None:
        theirs = wallet_of(alice, "EUR")
        assert theirs is not None
        with pytest.raises(NotFound):
            asked(bob, today, today, wallet_id=theirs.public_id)
        assert not Statement.objects.exists()

    @pytest.mark.parametrize(
        ("first", "last", "said"),
        [(0, -1, {"to": "statement_ends_before_start"}), (2, 3, {"from": "statement_not_begun"})],
    )
    def test_only_of_days_in_order_that_have_begun(
        self, alice: User, today: date, first: int, last: int, said: dict[str, str]
    ) -> None:
        with pytest.raises(Invalid) as refused:
            asked(alice, today + timedelta(days=first), today + timedelta(days=last))
        assert refused.value.fields == said
        assert not Statement.objects.exists()

    def test_a_pdf_has_an_end_and_a_csv_has_none(
        self, alice: User, today: date, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(policy, "PDF_ENTRIES_MAX", 1)
        booked(alice, -1)
        with pytest.raises(StatementTooLong) as refused:
            asked(alice, today, today, format="pdf")
        assert refused.value.params == {"entries": 2, "entries_max": 1}
        assert made(alice, today, today).entries == 2

    def test_is_written_down_as_a_fact(self, alice: User, today: date) -> None:
        statement = made(alice, today, today)
        facts = dict(RecordedEvent.objects.filter(subject_id=statement.pk).values_list("name", "payload"))
        assert set(facts) == {"statement.requested", "statement.issued"}
        assert facts["statement.issued"] == {
            "statement_id": str(statement.pk),
            "user_id": str(alice.pk),
            "format": "csv",
            "entries": 1,
            "sha256": statement.sha256,
            "in_background": False,
        }

    def test_frozen_people_read_theirs_and_ask_for_more(self, alice: User, today: date) -> None:
        alice.state = "FROZEN"
        alice.save(update_fields=["state"])
        assert services.content_of(statement=made(alice, today, today)).startswith(b"row,")


class TestWorkers:
    def test_large_ones_wait_for_them_and_their_person_is_told(
        self, alice: User, today: date, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(policy, "AT_ONCE_MAX", 3)
        for _ in range(3):
            booked(alice, -1)
        statement = asked(alice, today, today)
        assert services.make_at_once(statement=statement, at=now()).status == Status.REQUESTED
        assert services.make_due(at=now()) == 1
        _deliver()
        notice = Notification.objects.get(user=alice, kind="statement_ready")
        assert notice.facts == {"subject_id": str(statement.pk)}

    def test_small_ones_are_made_at_once_and_nobody_is_told(self, alice: User, today: date) -> None:
        statement = asked(alice, today, today)
        assert services.make_due(at=now()) == 0, "they are left to the request that asked"
        assert services.make_at_once(statement=statement, at=now()).status == Status.READY
        _deliver()
        assert not Notification.objects.filter(user=alice, kind__startswith="statement").exists()

    def test_a_small_one_whose_request_died_is_made_by_them(self, alice: User, today: date) -> None:
        statement = asked(alice, today, today)
        assert services.make_due(at=now() + policy.AT_ONCE_LEAD) == 1
        assert Statement.objects.get(pk=statement.pk).status == Status.READY

    def test_what_is_being_made_is_left_alone_until_its_lease_is_over(self, alice: User, today: date) -> None:
        statement = asked(alice, today, today)
        at = now()
        Statement.objects.filter(pk=statement.pk).update(
            status=Status.WORKING, attempts=1, next_try_at=at + policy.LEASE
        )
        assert not services.make(statement_id=statement.pk, at=at)
        assert services.make(statement_id=statement.pk, at=at + policy.LEASE)
        assert Statement.objects.get(pk=statement.pk).attempts == 2

    def test_a_typesetter_that_fails_is_tried_again_and_given_up(
        self, alice: User, today: date, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        broken = tmp_path / "broken.py"
        broken.write_text("raise SystemExit(1)")
        monkeypatch.setattr("accounts.statements.pdf_file.PROGRAM", broken)
        yesterday = today - timedelta(days=1)
        statement = asked(alice, yesterday, yesterday, format="pdf")
        at = now()
        for attempt in range(1, policy.ATTEMPTS_MAX + 1):
            at += timedelta(hours=1)
            assert services.make_due(at=at) == 0
            assert Statement.objects.get(pk=statement.pk).attempts == attempt
        statement.refresh_from_db()
        assert (statement.status, statement.failure) == (Status.FAILED, "not_set")
        assert not StatementFile.objects.exists()
        _deliver(at)
        assert Notification.objects.filter(user=alice, kind="statement_failed").count() == 1
        with pytest.raises(StatementNotReady):
            services.content_of(statement=statement)


class TestNeverChanges:
    def test_after_later_and_back_dated_entries(self, alice: User, today: date) -> None:
        booked(alice, -1_250)
        statement = made(alice, today, today)
        before = Statement.objects.filter(pk=statement.pk).values().get()
        content = services.content_of(statement=statement)
        booked(alice, -99)
        booked(alice, -98, at=now() - timedelta(days=400))
        ActivityItem.objects.filter(user=alice).update(state="EXPIRED")
        assert Statement.objects.filter(pk=statement.pk).values().get() == before
        assert services.content_of(statement=statement) == content
        assert hashlib.sha256(content).hexdigest() == statement.sha256

    def test_the_database_refuses(self, alice: User, today: date) -> None:
        statement = made(alice, today, today)
        for change in (
            {"closing_minor": 1, "in_minor": 1},
            {"sha256": "0" * 64},
            {"last_day": today + timedelta(days=1)},
            {"status": Status.REQUESTED},
            {"file_expires_at": now()},
        ):
            with pytest.raises(DatabaseError, match=r"does not change|cannot go"), transaction.atomic():
                Statement.objects.filter(pk=statement.pk).update(**change)
        with pytest.raises(DatabaseError), transaction.atomic():
            StatementFile.objects.filter(pk=statement.pk).delete()
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM accounts_statement")
        assert StatementFile.objects.filter(pk=statement.pk).exists()

    def test_the_database_refuses_figures_that_do_not_add_up(self, alice: User, today: date) -> None:
        statement = made(alice, today, today)
        forged = Statement.objects.get(pk=statement.pk)
        forged.pk, forged.idempotency_key = uuid4(), "forged"
        with pytest.raises(DatabaseError, match="begins as a request"), transaction.atomic():
            forged.save(force_insert=True)
        waiting = asked(alice, today, today)
        Statement.objects.filter(pk=waiting.pk).update(status=Status.WORKING)
        whole = {
            field.attname: getattr(statement, field.attname)
            for field in Statement._meta.fields
            if field.attname in {*_figures(), "sha256"}
        }
        with pytest.raises(IntegrityError, match="statement_adds_up"), transaction.atomic():
            Statement.objects.filter(pk=waiting.pk).update(status=Status.READY, **(whole | {"closing_minor": 1}))
        with pytest.raises(IntegrityError, match="statement_issued_is_whole"), transaction.atomic():
            Statement.objects.filter(pk=waiting.pk).update(status=Status.READY)

    def test_a_file_on_another_statement_is_noticed(self, alice: User, bob: User, today: date) -> None:
        mine, theirs = made(alice, today, today), made(bob, today, today)
        sealed = StatementFile.objects.filter(pk=theirs.pk).values_list("document", flat=True).get()
        swap = "UPDATE accounts_statement_file SET document = %s WHERE statement_id = %s"
        with connection.cursor() as cursor:
            cursor.execute(swap, [sealed, mine.pk])
        with pytest.raises(crypto.CannotDecrypt):
            services.content_of(statement=mine)

    def test_keys_may_be_changed(self, alice: User, today: date, settings: SettingsWrapper) -> None:
        statement = made(alice, today, today)
        content = services.content_of(statement=statement)
        settings.FIELD_KEYS = {"9": bytes(range(32)), **settings.FIELD_KEYS}
        call_command("reencrypt", verbosity=0)
        assert services.content_of(statement=statement) == content


class TestFileGoes:
    def test_after_a_year_and_the_figures_stay(self, alice: User, today: date) -> None:
        statement = made(alice, today, today)
        over = now() + policy.FILE_KEPT + timedelta(minutes=1)
        assert services.expire_due(at=over - timedelta(days=1)) == 0
        assert services.expire_due(at=over) == 1
        statement.refresh_from_db()
        assert (statement.status, statement.closing_minor) == (Status.EXPIRED, 30_000)
        assert not StatementFile.objects.exists()
        with pytest.raises(StatementFileGone):
            services.content_of(statement=statement)
        assert selectors.was_issued(number=statement.public_id, sha256=statement.sha256)


def test_the_file_is_sealed(alice: User, today: date) -> None:
    booked(alice, -5, note="Zwiebelkuchen")
    statement = made(alice, today, today)
    with connection.cursor() as cursor:
        cursor.execute("SELECT document FROM accounts_statement_file WHERE statement_id = %s", [statement.pk])
        (kept,) = cursor.fetchone()
    assert kept.startswith("v")
    assert "Zwiebelkuchen" not in kept


def test_a_span_has_its_ends(alice: User) -> None:
    """From the first moment on, before the last one: an entry is in exactly one of two spans that touch."""
    wallet = wallet_of(alice, "EUR")
    assert wallet is not None
    with connection.cursor() as cursor:
        cursor.execute("SELECT created_at FROM ledger_posting WHERE account = %s", [wallet.id])
        (moment,) = cursor.fetchone()
    early, late = datetime(2020, 1, 1, tzinfo=UTC), now() + timedelta(days=1)
    assert span_of(account_id=wallet.id, since=early, before=moment).count == 0
    assert span_of(account_id=wallet.id, since=moment, before=late).count == 1


def _figures() -> tuple[str, ...]:
    from accounts.statements.models import _FIGURES

    return _FIGURES


def _deliver(at: datetime | None = None) -> None:
    from accounts.audit import services as audit

    while audit.dispatch_due(at=(at or now()) + timedelta(seconds=1)):
        pass
