"""The trail is signed at night: whoever owns the database can change a fact, but not unseen."""

from __future__ import annotations

import os
import threading
from datetime import timedelta
from io import StringIO
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import psycopg
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connections

from accounts.audit import integrity, selectors, services, signing, tasks
from accounts.audit.events import DeliveryReplayed
from accounts.audit.models import AuditCheckpoint, RecordedEvent
from ledger.signing import public_key
from tests.factories.people import ORIGIN, now
from wallet_project.lib import db

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from django.db.backends.utils import CursorWrapper

pytestmark = pytest.mark.usefixtures("clone_db")


def fact() -> UUID:
    """Something nobody listens to: nothing else holds on to its row."""
    replayed, dave = DeliveryReplayed(event_id=uuid4(), handler="nobody"), uuid4()
    with db.transaction():
        return services.publish(replayed, actor=f"staff:{dave}", subject_id=dave, origin=ORIGIN, at=now())


def until_all_have_ended() -> None:
    """Transaction numbers are the server's: tests in other databases beside this one hold the watermark back."""
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as session:
        (number,) = session.execute("SELECT pg_current_xact_id()::text::bigint").fetchone() or (0,)
        for _look in range(6_000):
            row = session.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint").fetchone()
            if row is not None and row[0] > number:
                return
            threading.Event().wait(0.02)
    raise AssertionError("somebody's transaction does not end")


def sign() -> signing.TrailCheckpoint:
    until_all_have_ended()
    return services.sign_checkpoint(at=now())


def said(*command: str, **options: Any) -> tuple[int, str]:
    out = StringIO()
    try:
        call_command(*command, stdout=out, stderr=out, **options)
    except CommandError as refusal:
        return refusal.returncode, f"{out.getvalue()}{refusal}"
    return 0, out.getvalue()


@pytest.fixture
def owner() -> Iterator[CursorWrapper]:
    """The database's owner, who switches the triggers off; every change is taken back afterwards."""
    connection = connections["owner"]
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("ALTER TABLE accounts_recorded_event DISABLE TRIGGER USER")
        cursor.execute("COMMIT")
        yield cursor
        cursor.execute("ALTER TABLE accounts_recorded_event ENABLE TRIGGER USER")


def test_a_leaf_has_every_column() -> None:
    assert set(signing.COLUMNS) == {field.attname for field in RecordedEvent._meta.concrete_fields}


class TestSigning:
    def test_signs_each_fact_once(self) -> None:
        sign()
        made = [fact(), fact(), fact()]
        signed = sign()
        with db.transaction():
            leaves = list(selectors.leaves_of(signed.from_xid, signed.watermark))
        assert [leaf.event_id for leaf in leaves] == sorted(made)
        assert signed.count == 3
        assert signed.is_signed_by_one_of([public_key(settings.LEDGER_SIGNING_KEY)])
        assert not signed.is_signed_by_one_of([public_key(bytes(32))])
        assert selectors.audit_checkpoint(signed.no) == signed
        fact()
        following = sign()
        assert (following.no, following.from_xid, following.previous_root) == (
            signed.no + 1,
            signed.watermark,
            signed.root,
        )
        assert following.count == 1
        assert integrity.faults() == []

    def test_a_fact_under_way_is_in_the_next_one(self) -> None:
        sign()
        with psycopg.connect(os.environ["DATABASE_URL"]) as other:
            other.execute("SELECT pg_current_xact_id()")
            early = fact()
            first = services.sign_checkpoint(at=now())
            other.rollback()
        second = sign()
        assert first.count == 0
        assert second.count == 1
        with db.transaction():
            assert [leaf.event_id for leaf in selectors.leaves_of(second.from_xid, second.watermark)] == [early]

    def test_nothing_ended_since_signs_nothing(self) -> None:
        with psycopg.connect(os.environ["DATABASE_URL"]) as other:
            other.execute("SELECT pg_current_xact_id()")
            first = services.sign_checkpoint(at=now())
            assert services.sign_checkpoint(at=now() + timedelta(seconds=1)) == first
            other.rollback()

    def test_the_application_cannot_rewrite_what_was_signed(self) -> None:
        no = sign().no
        for act in ("UPDATE accounts_audit_checkpoint SET count = 0", "DELETE FROM accounts_audit_checkpoint"):
            with pytest.raises(Exception, match=r"permission denied|never allowed"), db.transaction():
                connections["default"].cursor().execute(act)
        assert AuditCheckpoint.objects.filter(no=no).exists()

    def test_there_is_one_first(self) -> None:
        sign()
        with pytest.raises(IntegrityError), db.transaction():
            AuditCheckpoint.objects.create(
                no=1_000_000, from_xid=0, watermark=1, count=0, root=b"", created_at=now(), key_id="k", signature=b""
            )


class TestFaults:
    """Each act of the owner is found and, with an export, named."""

    @pytest.fixture
    def window(self, tmp_path: Path) -> tuple[signing.TrailCheckpoint, UUID, str]:
        sign()
        made = fact()
        fact()
        signed = sign()
        export = tmp_path / "trail"
        assert said("export_audit_checkpoint", str(export)) == (
            0,
            f"Checkpoint {signed.no} with 2 facts is in {export}.\n",
        )
        assert said("check_audit", export=str(export))[0] == 0
        return signed, made, str(export)

    @pytest.mark.parametrize(
        ("column", "value"),
        [
            ("name", "'other'"),
            ("payload", '\'{"kind": "nothing"}\''),
            ("actor_kind", "'person'"),
            ("actor_id", "'somebody'"),
            ("subject_id", "gen_random_uuid()"),
            ("channel", "'desk'"),
            ("request_id", "'other'"),
            ("session_id", "gen_random_uuid()"),
            ("occurred_at", "occurred_at - interval '1 microsecond'"),
            ("recorded_at", "recorded_at - interval '1 microsecond'"),
        ],
    )
    def test_a_changed_fact(
        self,
        window: tuple[signing.TrailCheckpoint, UUID, str],
        owner: CursorWrapper,
        column: str,
        value: str,
    ) -> None:
        signed, made, export = window
        owner.execute(f"CREATE TEMP TABLE was AS SELECT * FROM accounts_recorded_event WHERE id = '{made}'")
        owner.execute(f"UPDATE accounts_recorded_event SET {column} = {value} WHERE id = '{made}'")
        try:
            code, words = said("check_audit", export=export)
        finally:
            owner.execute(f"UPDATE accounts_recorded_event e SET {column} = was.{column} FROM was WHERE e.id = was.id")
            owner.execute("DROP TABLE was")
        assert code == 1
        assert f"checkpoint {signed.no}: a fact was changed" in words
        assert f"event {made}: was changed after the signature" in words
        assert said("check_audit", export=export)[0] == 0

    def test_a_deleted_fact(self, window: tuple[signing.TrailCheckpoint, UUID, str], owner: CursorWrapper) -> None:
        signed, made, export = window
        owner.execute(f"CREATE TEMP TABLE was AS SELECT * FROM accounts_recorded_event WHERE id = '{made}'")
        owner.execute(f"DELETE FROM accounts_recorded_event WHERE id = '{made}'")
        try:
            code, words = said("check_audit", export=export)
            with pytest.raises(tasks.TrailIsWrong, match="2 facts were signed, 1 are there"):
                tasks.sign_checkpoint()
        finally:
            owner.execute("INSERT INTO accounts_recorded_event SELECT * FROM was")
            owner.execute("DROP TABLE was")
        assert code == 1
        assert f"checkpoint {signed.no}: 2 facts were signed, 1 are there" in words
        assert f"event {made}: is gone" in words

    def test_a_fact_slipped_in_late(
        self, window: tuple[signing.TrailCheckpoint, UUID, str], owner: CursorWrapper
    ) -> None:
        signed, made, export = window
        late = uuid4()
        owner.execute("CREATE TEMP TABLE forged AS SELECT * FROM accounts_recorded_event WHERE id = %s", [made])
        owner.execute("UPDATE forged SET id = %s", [late])
        owner.execute("INSERT INTO accounts_recorded_event SELECT * FROM forged")
        try:
            code, words = said("check_audit", export=export)
        finally:
            owner.execute("DELETE FROM accounts_recorded_event WHERE id = %s", [late])
            owner.execute("DROP TABLE forged")
        assert code == 1
        assert f"checkpoint {signed.no}: 2 facts were signed, 3 are there" in words
        assert f"event {late}: was added after the signature" in words
        assert RecordedEvent.objects.filter(pk=late).count() == 0

    def test_a_checkpoint_signed_by_somebody_else(self, owner: CursorWrapper) -> None:
        no = sign().no
        owner.execute("ALTER TABLE accounts_audit_checkpoint DISABLE TRIGGER USER")
        owner.execute("UPDATE accounts_audit_checkpoint SET count = count + 1 WHERE no = %s", [no])
        try:
            code, words = said("check_audit")
        finally:
            owner.execute("UPDATE accounts_audit_checkpoint SET count = count - 1 WHERE no = %s", [no])
            owner.execute("ALTER TABLE accounts_audit_checkpoint ENABLE TRIGGER USER")
        assert code == 1
        assert f"checkpoint {no}: none of our keys signed this" in words
        assert said("check_audit")[0] == 0

    def test_a_checkpoint_taken_out(self, owner: CursorWrapper) -> None:
        no = sign().no
        fact()
        sign()
        owner.execute("ALTER TABLE accounts_audit_checkpoint DISABLE TRIGGER USER")
        owner.execute("CREATE TEMP TABLE taken AS SELECT * FROM accounts_audit_checkpoint WHERE no = %s", [no])
        owner.execute("DELETE FROM accounts_audit_checkpoint WHERE no = %s", [no])
        try:
            code, words = said("check_audit")
        finally:
            owner.execute("INSERT INTO accounts_audit_checkpoint SELECT * FROM taken")
            owner.execute("DROP TABLE taken")
            owner.execute("ALTER TABLE accounts_audit_checkpoint ENABLE TRIGGER USER")
        assert code == 1
        assert f"checkpoint {no + 1}: it does not follow the one before it" in words


class TestExports:
    def test_a_changed_line_is_no_proof(self, tmp_path: Path) -> None:
        fact()
        sign()
        export = tmp_path / "trail"
        said("export_audit_checkpoint", str(export))
        first, line, *rest = export.read_text().splitlines()
        forged = line[:-1] + ("0" if line[-1] != "0" else "1")
        export.write_text("\n".join([first, forged, *rest]) + "\n")
        code, words = said("check_audit", export=str(export))
        assert (code, "the export's lines do not have the root that was signed" in words) == (1, True)

    def test_what_is_no_export_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "words").write_text("hello\n")
        assert "line 1 is not a checkpoint of the trail" in said("check_audit", export=str(tmp_path / "words"))[1]
        assert "cannot be read" in said("check_audit", export=str(tmp_path / "nothing"))[1]

    def test_an_export_overwrites_nothing(self, tmp_path: Path) -> None:
        sign()
        (tmp_path / "there").write_text("precious")
        code, words = said("export_audit_checkpoint", str(tmp_path / "there"))
        assert (code, "name a new file" in words) == (1, True)
        assert (tmp_path / "there").read_text() == "precious"

    def test_there_must_be_one(self, tmp_path: Path) -> None:
        assert "no such checkpoint" in said("export_audit_checkpoint", str(tmp_path / "x"), no=999_999)[1]


def test_the_nightly_job_counts_new_facts() -> None:
    sign()
    fact()
    until_all_have_ended()
    assert tasks.sign_checkpoint() == 1
