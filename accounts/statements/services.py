"""Ask for a statement, make it, and let its file go when its time is over."""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import IntegrityError
from django.utils import translation

from accounts.audit.services import publish
from accounts.statements import policy, selectors
from accounts.statements.csv_file import CsvFile
from accounts.statements.document import Document, Head, Line
from accounts.statements.errors import StatementFileGone, StatementNotReady, StatementTooLong
from accounts.statements.events import StatementFailed, StatementIssued, StatementRequested
from accounts.statements.models import Format, Statement, StatementFile, Status
from accounts.statements.pdf_file import NotSet, PdfFile
from accounts.wallets.policy import PREFIX as WALLET_PREFIX
from ledger.spans import BATCH, Span, is_settled, span_of
from wallet_project.lib import db, ids
from wallet_project.lib.api import IdempotencyKeyReused
from wallet_project.lib.crypto import CannotDecrypt
from wallet_project.lib.errors import Invalid
from wallet_project.lib.origin import WORKER

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime

    from accounts.identity.models import User
    from accounts.statements.document import Totals
    from wallet_project.lib.origin import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a person asks for: which of their wallets, which days of their own calendar, how it is written."""

    wallet_id: UUID
    first_day: date
    last_day: date
    format: str
    language: str
    with_bom: bool = False

    @property
    def fingerprint(self) -> str:
        """Tells one wish from another under the same key. The language may differ: the words are not the wish."""
        parts = [
            str(self.wallet_id),
            self.first_day.isoformat(),
            self.last_day.isoformat(),
            self.format,
            str(self.with_bom),
        ]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Requested:
    """The statement, and whether this request made the row."""

    statement: Statement
    is_new: bool


@dataclass(frozen=True, slots=True)
class _File:
    packed: bytes
    sha256: str
    size_bytes: int
    totals: Totals


def request_statement(*, user: User, wish: Wish, idempotency_key: str, origin: Origin, at: datetime) -> Requested:
    """Writes down what was asked for; the same key and wish again is the same statement.

    Raises NotFound (no such wallet of theirs), Invalid (days), StatementTooLong (PDF), IdempotencyKeyReused.
    """
    known = _known(user, wish, idempotency_key)
    if known is not None:
        return Requested(known, is_new=False)
    wallet = selectors.wallet_of(user=user, wallet_id=wish.wallet_id)
    since, before = policy.begins(wish.first_day, user.time_zone), policy.ends(wish.last_day, user.time_zone)
    if since >= before:
        raise Invalid({"to": "statement_ends_before_start"})
    if since > at:
        raise Invalid({"from": "statement_not_begun"})
    lines = span_of(account_id=wallet.account_id, since=since, before=before).count
    _require_printable(wish.format, lines)
    statement = Statement(
        id=ids.uuid7(at),
        user=user,
        wallet_id=wish.wallet_id,
        account_id=wallet.account_id,
        currency=wallet.currency,
        first_day=wish.first_day,
        last_day=wish.last_day,
        time_zone=user.time_zone,
        format=wish.format,
        with_bom=wish.with_bom and wish.format == Format.CSV,
        language=wish.language,
        idempotency_key=idempotency_key,
        fingerprint=wish.fingerprint,
        requested_at=at,
        rows_total=lines,
        next_try_at=at + policy.AT_ONCE_LEAD if lines < policy.AT_ONCE_MAX else at,
    )
    try:
        with db.transaction():
            statement.save(force_insert=True)
            asked = StatementRequested(statement_id=statement.pk, user_id=user.pk, format=wish.format)
            publish(asked, actor=f"person:{user.pk}", subject_id=statement.pk, origin=origin, at=at)
    except IntegrityError:
        twin = _known(user, wish, idempotency_key)  # the same request, a moment earlier
        if twin is None:
            raise
        return Requested(twin, is_new=False)
    return Requested(statement, is_new=True)


def make_at_once(*, statement: Statement, at: datetime) -> Statement:
    """Makes a small statement for the person who waits; a large one is left to the workers. The row as it is now."""
    if statement.status == Status.REQUESTED and statement.rows_total < policy.AT_ONCE_MAX:
        make(statement_id=statement.pk, at=at)
    return Statement.objects.get(pk=statement.pk)


def make(*, statement_id: UUID, at: datetime, batch: int = BATCH) -> bool:
    """Makes one statement; True when it is READY now. Must be called outside a transaction.

    Another worker's is left alone. What is not settled yet, or could not be set, is tried again later, and FAILED
    after the last try.
    """
    db.refuse_in_transaction()
    statement = _claim(statement_id, at)
    if statement is None:
        return False
    since = policy.begins(statement.first_day, statement.time_zone)
    before = policy.ends(statement.last_day, statement.time_zone)
    is_complete = is_settled(before=before)
    if not is_complete and (at >= before or not is_settled(before=since)):
        # Somebody who began before the cut has not committed yet: the books up to there are not all to be seen.
        _try_later(statement, cause="not_settled", at=at)
        return False
    cut_off_at = before if is_complete else at
    span = span_of(account_id=statement.account_id, since=since, before=cut_off_at)
    head = _head(statement, span, cut_off_at=cut_off_at, is_complete=is_complete, at=at)
    try:
        with translation.override(statement.language):
            made = _written(statement, _document(statement, span, head, batch=batch))
    except (NotSet, StatementTooLong) as error:
        _try_later(statement, cause="too_long" if isinstance(error, StatementTooLong) else "not_set", at=at)
        return False
    return _issue(statement, span, head, made, at=at)


def make_due(*, at: datetime, limit: int = 5) -> int:
    """Makes what waits, the oldest first; how many are READY now."""
    return sum(make(statement_id=statement_id, at=at) for statement_id in selectors.to_make(at=at, limit=limit))


def expire_due(*, at: datetime, limit: int = 200) -> int:
    """Deletes files whose time is over, each in its own transaction; the figures stay. Returns how many."""
    expired = 0
    for statement_id in selectors.to_expire(at=at, limit=limit):
        with db.transaction():
            expired += Statement.objects.filter(pk=statement_id, status=Status.READY).update(status=Status.EXPIRED)
            StatementFile.objects.filter(pk=statement_id).delete()
    return expired


def content_of(*, statement: Statement) -> bytes:
    """The file, exactly as it was issued. Raises StatementNotReady, StatementFileGone; CannotDecrypt for another's."""
    if statement.status == Status.EXPIRED:
        raise StatementFileGone
    if statement.status != Status.READY:
        raise StatementNotReady
    content = zlib.decompress(base64.b64decode(StatementFile.objects.get(pk=statement.pk).document))
    if hashlib.sha256(content).hexdigest() != statement.sha256:
        raise CannotDecrypt("the file of a statement is not the one that was issued")
    return content


def _known(user: User, wish: Wish, key: str) -> Statement | None:
    known = Statement.objects.filter(user=user, idempotency_key=key).first()
    if known is not None and known.fingerprint != wish.fingerprint:
        raise IdempotencyKeyReused
    return known


def _require_printable(file_format: str, entries: int) -> None:
    if file_format == Format.PDF and entries > policy.PDF_ENTRIES_MAX:
        raise StatementTooLong(entries=entries, entries_max=policy.PDF_ENTRIES_MAX)


def _claim(statement_id: UUID, at: datetime) -> Statement | None:
    """Takes a statement to make it, under a lease; None when somebody else has it or it is made."""
    with db.transaction():
        free = Statement.objects.select_for_update(skip_locked=True, of=("self",)).select_related("user")
        statement = free.filter(pk=statement_id, status__in=[Status.REQUESTED, Status.WORKING]).first()
        if statement is None or (statement.status == Status.WORKING and statement.next_try_at > at):
            return None
        if statement.attempts >= policy.ATTEMPTS_MAX:
            _fail(statement, cause=statement.failure or "gave_up", at=at)
            return None
        statement.status = Status.WORKING
        statement.attempts += 1
        statement.rows_done = 0
        statement.next_try_at = at + policy.LEASE
        statement.save(update_fields=["status", "attempts", "rows_done", "next_try_at"])
    return statement


def _try_later(statement: Statement, *, cause: str, at: datetime) -> None:
    with db.transaction():
        mine = Statement.objects.select_for_update().get(pk=statement.pk)
        if (mine.status, mine.attempts) != (Status.WORKING, statement.attempts):
            return  # the lease was over, and somebody else has it
        if mine.attempts >= policy.ATTEMPTS_MAX or cause == "too_long":
            _fail(mine, cause=cause, at=at)
            return
        mine.status, mine.failure = Status.REQUESTED, cause
        mine.next_try_at = at + policy.pause_after(mine.attempts)
        mine.save(update_fields=["status", "failure", "next_try_at"])


def _fail(statement: Statement, *, cause: str, at: datetime) -> None:
    statement.status, statement.failure = Status.FAILED, cause
    statement.save(update_fields=["status", "failure"])
    failed = StatementFailed(statement_id=statement.pk, user_id=statement.user_id, cause=cause)
    publish(failed, actor="worker", subject_id=statement.pk, origin=WORKER, at=at)


def _head(statement: Statement, span: Span, *, cut_off_at: datetime, is_complete: bool, at: datetime) -> Head:
    return Head(
        statement_id=statement.public_id,
        holder=statement.user.shown_name,
        wallet_id=ids.public(WALLET_PREFIX, statement.wallet_id),
        currency=statement.currency,
        first_day=statement.first_day,
        last_day=statement.last_day,
        time_zone=statement.time_zone,
        language=statement.language,
        made_at=at,
        cut_off_at=cut_off_at,
        is_complete=is_complete,
        opening_minor=span.opening_minor,
        closing_minor=span.closing_minor,
    )


def _document(statement: Statement, span: Span, head: Head, *, batch: int) -> Document:
    user_id, currency = statement.user_id, statement.currency
    lines = selectors.lines_of(
        user_id=user_id, currency=currency, span=span, time_zone=statement.time_zone, batch=batch
    )
    return Document(
        head=head,
        lines=_watched(statement, span, lines, batch),
        waiting=selectors.waiting_of(user_id=user_id, currency=currency, before=head.cut_off_at),
        reserved=selectors.reserved_of(user_id=user_id, currency=currency, at=head.made_at),
    )


def _watched(statement: Statement, span: Span, lines: Iterator[Line], batch: int) -> Iterator[Line]:
    """The lines, with their number written down now and then for whoever waits."""
    mine = Statement.objects.filter(pk=statement.pk, status=Status.WORKING, attempts=statement.attempts)
    for number, line in enumerate(lines):
        if number and number % batch == 0:
            mine.update(rows_done=number, rows_total=span.count)
        yield line


def _written(statement: Statement, document: Document) -> _File:
    """The file in its format: hashed and compressed as it comes, so that only the small copy is held."""
    _require_printable(statement.format, statement.rows_total)
    face = CsvFile(document, with_bom=statement.with_bom) if statement.format == Format.CSV else PdfFile(document)
    digest, packer, size = hashlib.sha256(), zlib.compressobj(6), 0
    packed = []
    for piece in face:
        digest.update(piece)
        size += len(piece)
        packed.append(packer.compress(piece))
    packed.append(packer.flush())
    return _File(b"".join(packed), digest.hexdigest(), size, face.totals)


def _issue(statement: Statement, span: Span, head: Head, made: _File, *, at: datetime) -> bool:
    """Writes the figures down for good, with the file and the fact, in one transaction."""
    figures = {
        "status": Status.READY,
        "failure": "",
        "rows_done": span.count,
        "rows_total": span.count,
        "after_seq": span.after_seq,
        "to_seq": span.to_seq,
        "cut_off_at": head.cut_off_at,
        "is_complete": head.is_complete,
        "opening_minor": head.opening_minor,
        "closing_minor": head.closing_minor,
        "in_minor": made.totals.in_minor,
        "out_minor": made.totals.out_minor,
        "fees_minor": made.totals.fees_minor,
        "entries": made.totals.entries,
        "sha256": made.sha256,
        "size_bytes": made.size_bytes,
        "made_at": at,
        "file_expires_at": at + policy.FILE_KEPT,
    }
    document = base64.b64encode(made.packed).decode()
    with db.transaction():
        mine = Statement.objects.filter(pk=statement.pk, status=Status.WORKING, attempts=statement.attempts)
        if not mine.update(**figures):
            return False  # the lease was over, and somebody else made it
        StatementFile(statement_id=statement.pk, user_id=statement.user_id, document=document).save(force_insert=True)
        issued = StatementIssued(
            statement_id=statement.pk,
            user_id=statement.user_id,
            format=statement.format,
            entries=made.totals.entries,
            sha256=made.sha256,
            in_background=statement.rows_total >= policy.AT_ONCE_MAX,
        )
        publish(issued, actor="worker", subject_id=statement.pk, origin=WORKER, at=at)
    return True
