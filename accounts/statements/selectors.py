"""Questions about statements, and the lines of one: the ledger's entries with the words of the feed."""

from __future__ import annotations

import hmac
import re
from typing import TYPE_CHECKING, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.activity.models import ActivityItem, Direction
from accounts.activity.policy import KINDS, STATES, title
from accounts.statements.document import Line, Waiting
from accounts.statements.models import ISSUED, Statement, Status
from accounts.statements.policy import FEE_CODE, FEE_KINDS, PENDING_MAX, PENDING_WITHIN, PREFIX, WAITING_STATES
from accounts.wallets.policy import CODE, OWNER_KIND, sentence
from ledger import selectors as ledger
from ledger.chart import platform_account_id
from ledger.money import Money
from ledger.spans import BATCH, Beside, entries_of
from wallet_project.lib import ids
from wallet_project.lib.api import moment_of
from wallet_project.lib.errors import Invalid, NotFound

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from accounts.identity.models import User
    from ledger.facts import WalletBalance
    from ledger.spans import Span, SpanEntry

PAGE_SIZE = 25
_PUBLIC_ID = re.compile(r"([a-z]{3})_[a-z2-7]{26}")


def statement_of(*, user: User, statement_id: UUID) -> Statement:
    """The person's own statement. Raises NotFound, also for somebody else's."""
    found = Statement.objects.filter(pk=statement_id, user=user).first()
    if found is None:
        raise NotFound
    return found


def statements_of(user: User, *, after: tuple[datetime, UUID] | None = None, size: int = PAGE_SIZE) -> list[Statement]:
    """The person's statements, newest first; one more than ``size`` where there are more. One query."""
    rows = Statement.objects.filter(user=user)
    if after is not None:
        asked_at, last = after
        rows = rows.filter(Q(requested_at__lt=asked_at) | Q(requested_at=asked_at, id__lt=last))
    return list(rows.order_by("-requested_at", "-id")[: size + 1])


def cursor_of(statement: Statement) -> dict[str, str]:
    """Where a page that ends with this statement ended."""
    return {"at": statement.requested_at.isoformat(), "id": str(statement.pk)}


def position_from(cursor: Mapping[str, Any] | None) -> tuple[datetime, UUID] | None:
    """The position behind a cursor; one that was not made by ``cursor_of`` raises Invalid."""
    if cursor is None:
        return None
    try:
        return moment_of(cursor), UUID(cursor["id"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Invalid({"cursor": "cursor_invalid"}) from error


def wallet_of(*, user: User, wallet_id: UUID) -> WalletBalance:
    """One of the person's own wallets, by its public id. Raises NotFound."""
    for wallet in ledger.wallets_of(owner_kind=OWNER_KIND, owner_id=user.pk, code=CODE):
        if wallet.public_id == wallet_id:
            return wallet
    raise NotFound


def was_issued(*, number: str, sha256: str) -> bool:
    """Whether a statement of this number was issued with exactly this file. Says nothing else, of any of them."""
    try:
        statement_id = ids.parse(PREFIX, number)
    except NotFound:
        return False
    issued = Statement.objects.filter(pk=statement_id, status__in=ISSUED).values_list("sha256", flat=True).first()
    return hmac.compare_digest(issued or "", sha256.lower()) if issued else False


def to_make(*, at: datetime, limit: int) -> list[UUID]:
    """Statements that wait to be made, or were left by a worker that died; the oldest first."""
    due = Statement.objects.filter(status__in=[Status.REQUESTED, Status.WORKING], next_try_at__lte=at)
    return list(due.order_by("next_try_at").values_list("pk", flat=True)[:limit])


def to_expire(*, at: datetime, limit: int) -> list[UUID]:
    """Statements whose file has been kept for its time."""
    over = Statement.objects.filter(status=Status.READY, file_expires_at__lte=at)
    return list(over.order_by("file_expires_at").values_list("pk", flat=True)[:limit])


# --- what stands in one


def lines_of(*, user_id: UUID, currency: str, span: Span, time_zone: str, batch: int = BATCH) -> Iterator[Line]:
    """Every entry of the span as a line, oldest first, in the active language; two queries for each ``batch``."""
    zone = ZoneInfo(time_zone)
    beside = Beside(platform_account_id(FEE_CODE, currency), FEE_KINDS)
    for some in _batched(entries_of(span, beside=beside, batch=batch), batch):
        subjects = [_subject_of(entry.reference) for entry in some]
        words = _words_of(user_id, subjects)
        for entry, subject in zip(some, subjects, strict=True):
            yield _line(entry, subject, words, zone)


def waiting_of(*, user_id: UUID, currency: str, before: datetime) -> tuple[Waiting, ...]:
    """What was asked for before this moment and is not booked yet, newest first; one query along the feed's index."""
    rows = ActivityItem.objects.filter(
        user_id=user_id,
        currency=currency,
        state__in=WAITING_STATES,
        occurred_at__lt=before,
        occurred_at__gt=before - PENDING_WITHIN,
    )
    return tuple(_waiting(item) for item in rows.order_by("-occurred_at", "-id")[:PENDING_MAX])


def reserved_of(*, user_id: UUID, currency: str, at: datetime) -> tuple[str, ...]:
    """What of the balance cannot be used, and why, in the active language; one query."""
    for wallet in ledger.wallets_of(owner_kind=OWNER_KIND, owner_id=user_id, code=CODE, at=at):
        if wallet.currency == currency:
            return tuple(sentence(why, Money(minor, currency)) for why, minor in sorted(wallet.holds_by_reason.items()))
    return ()


def _batched(entries: Iterable[SpanEntry], size: int) -> Iterator[list[SpanEntry]]:
    some: list[SpanEntry] = []
    for entry in entries:
        some.append(entry)
        if len(some) == size:
            yield some
            some = []
    if some:
        yield some


def _words_of(user_id: UUID, subjects: Iterable[UUID | None]) -> dict[tuple[UUID, str], ActivityItem]:
    """The person's rows of the feed about these subjects, by subject and direction; one query."""
    items = ActivityItem.objects.filter(user_id=user_id, subject_id__in={one for one in subjects if one is not None})
    shown = items.only("user_id", "subject_id", "direction", "kind", "shown_name", "note", "reference")
    return {(item.subject_id, item.direction): item for item in shown}


def _subject_of(reference: str) -> UUID | None:
    """The operation an entry belongs to: its reference is the operation's public id, or its plain one."""
    match = _PUBLIC_ID.fullmatch(reference)
    try:
        return ids.parse(match[1], reference) if match else UUID(reference)
    except (NotFound, ValueError):
        return None


def _line(entry: SpanEntry, subject: UUID | None, words: dict[tuple[UUID, str], ActivityItem], zone: ZoneInfo) -> Line:
    direction = Direction.IN if entry.amount_minor > 0 else Direction.OUT
    other = Direction.OUT if direction == Direction.IN else Direction.IN
    item = None
    if subject is not None:
        # What came back has no row of its own subject: it is named as what had gone out.
        item = words.get((subject, direction)) or words.get((subject, other))
    kind = item.kind if item else entry.kind.partition(".")[0]
    return Line(
        booked_at=entry.booked_at.astimezone(zone),
        effective_at=entry.effective_at.astimezone(zone),
        what=_what(kind, direction, is_reversal=entry.is_reversal),
        counterparty=item.shown_name if item else "",
        note=item.note if item else "",
        reference=item.reference if item else ids.public("ent", entry.entry_id),
        amount_minor=entry.amount_minor,
        fee_minor=-entry.beside_minor,
        balance_minor=entry.balance_minor,
    )


def _what(kind: str, direction: str, *, is_reversal: bool) -> str:
    if is_reversal:
        return _("Correction")
    return str(title(kind, direction)) if kind in KINDS else _("Booking")


def _waiting(item: ActivityItem) -> Waiting:
    return Waiting(
        asked_at=item.occurred_at,
        what=str(title(item.kind, item.direction)),
        counterparty=item.shown_name,
        state=str(STATES[item.state].label),
        reference=item.reference,
        amount_minor=item.amount_minor,
    )
