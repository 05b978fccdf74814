"""Checkpoints: signed outside the database, proved by a file and the public key, and strict about the watermark."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connections

from ledger import integrity, selectors, services, signing
from tests.factories.ledger import AT, clearing, draft, post, wallet
from wallet_project.lib import db, ids

pytestmark = pytest.mark.usefixtures("clone_db")
ROOT = Path(__file__).resolve().parents[3]


def said(*command: str, **options: object) -> tuple[int, str]:
    out = StringIO()
    try:
        call_command(*command, stdout=out, stderr=out, **options)
    except CommandError as refusal:
        return refusal.returncode, f"{out.getvalue()}{refusal}"
    return 0, out.getvalue()


def key() -> str:
    return said("export_checkpoint", public_key=True)[1].strip()


@pytest.fixture
def other_session(clone_db: str) -> Iterator[psycopg.Connection]:
    """Another session of the application, in a transaction that has its number and has not ended."""
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        yield connection
        connection.rollback()


def until_all_have_ended() -> None:
    """Waits until every transaction that has a number now is over. Numbers are the server's, not the database's: the
    tests beside this one, in other databases, hold the watermark back as well."""
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as session:
        (number,) = session.execute("SELECT pg_current_xact_id()::text::bigint").fetchone() or (0,)
        for _look in range(6_000):
            (oldest,) = session.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint").fetchone() or (
                0,
            )
            if oldest > number:
                return
            threading.Event().wait(0.02)
    raise AssertionError("somebody's transaction does not end")


def sign() -> signing.SignedCheckpoint:
    """Signs all there is."""
    until_all_have_ended()
    return services.sign_checkpoint(at=AT)


class TestSigning:
    def test_signs_what_is_there(self) -> None:
        alice, bob = wallet(minor=1_000), wallet()
        post(alice.id, bob.id, 100)
        signed = sign()
        with db.transaction():
            leaves = {leaf.balance_id: leaf for leaf in selectors.leaves(signed.watermark)}
        assert leaves[alice.id * 64].seq == 2
        assert leaves[bob.id * 64].seq == 1
        assert signed.count == sum(leaf.seq for leaf in leaves.values()) == integrity.postings_count()
        assert selectors.last_checkpoint() == signed
        assert signed.is_signed_by(base64.b64decode(key()))
        assert integrity.check() == []

    def test_each_names_the_root_before(self) -> None:
        before = selectors.last_checkpoint()
        first, second = sign(), sign()
        assert (first.no, first.previous_root) == ((before.no + 1, before.root) if before else (1, None))
        assert (second.no, second.previous_root) == (first.no + 1, first.root)

    def test_the_database_cannot_be_given_one_out_of_turn(self) -> None:
        signed = sign()
        with pytest.raises(Exception, match="another checkpoint was signed meanwhile"), db.transaction():
            connections["default"].cursor().execute(
                "SELECT ledger_checkpoint_add(1, %s, '1'::xid8, 1, '\\x00', '\\x00', now(), 'k', '\\x00')",
                [signed.no + 1],
            )


class TestWatermark:
    def test_what_is_under_way_waits_with_all_that_comes_after_it(self, other_session: psycopg.Connection) -> None:
        """A transaction that began early and posts late: neither it nor what follows on its balances is signed."""
        alice, bob, carol = wallet(minor=1_000), wallet(), wallet()
        until_all_have_ended()
        other_session.execute("SELECT pg_current_xact_id()")
        late = post(alice.id, bob.id, 100)
        signed = services.sign_checkpoint(at=AT)
        with db.transaction():
            seqs = {leaf.balance_id: leaf.seq for leaf in selectors.leaves(signed.watermark)}
        assert seqs[alice.id * 64] == 1
        assert bob.id * 64 not in seqs
        other_session.rollback()
        post(alice.id, carol.id, 1)
        with db.transaction():
            assert {leaf.balance_id: leaf.seq for leaf in selectors.leaves(signed.watermark)} == seqs
        after = sign()
        with db.transaction():
            assert {leaf.balance_id: leaf.seq for leaf in selectors.leaves(after.watermark)}[alice.id * 64] == 3
        assert late.replayed is False
        assert integrity.check() == []

    def test_a_later_posting_of_an_older_transaction_waits_too(self, other_session: psycopg.Connection) -> None:
        """The old transaction (below no watermark yet) posts after a newer one on the same balance."""
        alice, bob = wallet(minor=1_000), wallet()
        entry = draft(alice.id, bob.id, 7)
        other_session.execute("SELECT pg_current_xact_id()")
        newer = post(alice.id, bob.id, 100)
        other_session.execute(
            "SELECT * FROM ledger_post(1, %s, 'transfer', %s, NULL, %s, 'user:test', '', '{}', %s, %s, %s)",
            [
                entry.entry_id, entry.request_hash, AT, [alice.id, bob.id], [-7, 7], ["EUR", "EUR"],
            ],
        )  # fmt: skip
        other_session.commit()
        with psycopg.connect(os.environ["DATABASE_URL"]) as third:
            third.execute("SELECT pg_current_xact_id()")
            older = "SELECT tx::text::bigint FROM ledger_entry WHERE id = %s"
            (newer_tx,) = third.execute(older, [newer.entry_id]).fetchone() or (0,)
            (older_tx,) = third.execute(older, [entry.entry_id]).fetchone() or (0,)
            assert older_tx < newer_tx
            with db.transaction():
                seqs = {leaf.balance_id: leaf.seq for leaf in selectors.leaves(newer_tx)}
            third.rollback()
        assert seqs[alice.id * 64] == 1  # seq 3 is older than the watermark, but it comes after seq 2, which is not
        assert bob.id * 64 not in seqs
        assert integrity.check() == []


class TestExport:
    def test_is_proved_by_the_key_and_the_file_alone(self, tmp_path: Path) -> None:
        post(clearing(), wallet().id, 5)
        signed = sign()
        file = tmp_path / "checkpoint"
        assert said("export_checkpoint", str(file))[0] == 0
        assert said("export_checkpoint", str(file)) == (1, f"{file} is there already: name a new file.")
        bare = {"PATH": os.defpath, "WALLET_ENV": "test", "WALLET_VAR": str(tmp_path / "var")}
        done = subprocess.run(
            [sys.executable, ROOT / "manage.py", "verify_checkpoint", str(file), "--public-key", key()],
            env=bare, cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith(f"Checkpoint {signed.no} of book 1 is proved: {signed.count} postings")

    @pytest.mark.parametrize("what", ["seq", "head", "missing", "count", "root", "signature", "created_at", "no"])
    def test_a_changed_file_is_not_proved(self, tmp_path: Path, what: str) -> None:
        post(clearing(), wallet().id, 5)
        sign()
        file = tmp_path / "checkpoint"
        said("export_checkpoint", str(file))
        head, *leaves = file.read_text().splitlines()
        body = json.loads(head)
        balance, seq, digest = leaves[-1].split()
        if what == "missing":
            leaves.pop()
        elif what in ("seq", "head"):
            leaves[-1] = f"{balance} {int(seq) + (what == 'seq')} {digest if what == 'seq' else '00' * 32}"
        else:
            body[what] = {
                "count": body["count"] + 1,
                "no": body["no"] + 1,
                "root": "00" * 32,
                "signature": "00" * 64,
                "created_at": "2026-03-01T00:00:00.000000+00:00",
            }[what]
        changed = tmp_path / "changed"
        changed.write_text("\n".join([json.dumps(body), *leaves]) + "\n")
        code, answer = said("verify_checkpoint", str(changed), public_key=key())
        assert code == 1
        assert answer.endswith("The checkpoint is not proved.")

    @pytest.mark.parametrize("text", ["", "{}", "nonsense", '{"book": 1}', "[]\n1 2 3"])
    def test_what_is_no_export_is_said(self, tmp_path: Path, text: str) -> None:
        file = tmp_path / "file"
        file.write_text(text)
        code, answer = said("verify_checkpoint", str(file), public_key=key())
        assert (code, answer) == (1, f"{file} is not an export: line 1 is not a checkpoint.")

    def test_another_key_does_not_prove_it(self, tmp_path: Path) -> None:
        sign()
        file = tmp_path / "checkpoint"
        said("export_checkpoint", str(file))
        other = base64.b64encode(signing.public_key(bytes(range(32)))).decode()
        code, answer = said("verify_checkpoint", str(file), public_key=other)
        assert code == 1
        assert answer.startswith("this key did not sign this checkpoint\n")

    def test_names_the_row_that_was_rewritten_with_its_whole_chain(self, tmp_path: Path) -> None:
        """The owner rewrites a posting, every hash after it and the head: only the export still knows."""
        alice = wallet(minor=1_000)
        sign()
        file = tmp_path / "checkpoint"
        said("export_checkpoint", str(file))
        with connections["owner"].cursor() as cursor:
            cursor.execute("ALTER TABLE ledger_posting DISABLE TRIGGER USER")
            rewrite = (
                "UPDATE ledger_posting SET hash = sha256(hash) WHERE account = %s;"
                " UPDATE ledger_balance b SET head = p.hash FROM ledger_posting p"
                " WHERE b.account = %s AND p.account = b.account"
            )
            cursor.execute("SELECT hash FROM ledger_posting WHERE account = %s", [alice.id])
            (before,) = cursor.fetchone()
            cursor.execute(rewrite, [alice.id, alice.id])
            code, answer = said("verify_checkpoint", str(file), public_key=key(), against_database=True)
            found = integrity.check()
            cursor.execute("UPDATE ledger_posting SET hash = %s WHERE account = %s", [before, alice.id])
            cursor.execute("UPDATE ledger_balance SET head = %s WHERE account = %s", [before, alice.id])
            cursor.execute("ALTER TABLE ledger_posting ENABLE TRIGGER USER")
        assert code == 1
        assert answer.startswith(f"account {alice.id} stripe 0 seq 1: is not the posting that was signed\n")
        assert "checkpoint" in {problem.check for problem in found}
        assert said("verify_checkpoint", str(file), public_key=key(), against_database=True)[0] == 0
        assert integrity.check() == []

    def test_names_the_newest_checkpoint_that_was_taken_away(self, tmp_path: Path) -> None:
        post(clearing(), wallet().id, 5)
        signed = sign()
        file = tmp_path / "checkpoint"
        said("export_checkpoint", str(file))
        with connections["owner"].cursor() as cursor:
            cursor.execute("ALTER TABLE ledger_checkpoint DISABLE TRIGGER USER")
            cursor.execute("DELETE FROM ledger_checkpoint WHERE no = %s", [signed.no])
            cursor.execute("ALTER TABLE ledger_checkpoint ENABLE TRIGGER USER")
        assert integrity.check() == []
        code, answer = said("verify_checkpoint", str(file), public_key=key(), against_database=True)
        assert code == 1
        assert answer.startswith(f"checkpoint {signed.no}: is not in the database as it was signed\n")


class TestKeys:
    def test_a_former_key_still_counts(self, settings: object) -> None:
        sign()
        former = key()
        settings.LEDGER_SIGNING_KEY = bytes(range(32))  # type: ignore[attr-defined]  # pytest-django's
        assert {problem.found for problem in integrity.check()} == {"none of our keys signed this"}
        settings.LEDGER_FORMER_KEYS = [former]  # type: ignore[attr-defined]  # pytest-django's
        assert integrity.check() == []

    def test_an_empty_ledger_has_a_root(self) -> None:
        assert signing.Tree().root().hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

    def test_the_root_is_that_of_the_standard(self) -> None:
        """RFC 9162 §2.1.1 for three leaves: H(1, H(1, a, b), c)."""
        leaves = [signing.Leaf(number, 1, bytes([number] * 32)) for number in (1, 2, 3)]
        a, b, c = (signing.tree_of([leaf]).root() for leaf in leaves)
        node = signing._node
        assert signing.tree_of(leaves).root() == node(node(a, b), c)
        five = [signing.Leaf(number, 1, bytes([number] * 32)) for number in range(1, 6)]
        d, e = (signing.tree_of([leaf]).root() for leaf in five[3:])
        assert signing.tree_of(five).root() == node(node(node(a, b), node(c, d)), e)


def test_reading_the_leaves_waits_for_nobody() -> None:
    """A checkpoint may be signed while postings are under way: no lock is taken."""
    alice = wallet(minor=10)
    with db.transaction():
        services.post(draft(alice.id, clearing(), 1, intent=ids.uuid7()))
        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as beside:
            (count,) = beside.execute(
                "SELECT count(*) FROM ledger_leaves(1, pg_snapshot_xmin(pg_current_snapshot()))"
            ).fetchone() or (0,)
    assert count > 0
