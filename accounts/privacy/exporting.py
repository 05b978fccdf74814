"""A copy of their own data for a person: asked for, confirmed, made by a worker, taken within a week."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.core import signing
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.audit.services import publish, record_security_event
from accounts.identity.models import User
from accounts.mfa.errors import ReauthenticationRequired
from accounts.privacy import archive
from accounts.privacy.errors import ExportLinkExpired, ExportNotReady
from accounts.privacy.events import ExportEnded, ExportRequested
from accounts.privacy.models import UNFINISHED, Export, ExportFile, ExportStatus
from accounts.stepup import services as stepup
from accounts.stepup.errors import ChallengeVoid
from accounts.stepup.registry import Outcome, Shown
from wallet_project.lib import db, ids
from wallet_project.lib.crypto import CannotDecrypt
from wallet_project.lib.errors import NotFound
from wallet_project.lib.origin import WORKER

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from accounts.stepup.models import Challenge
    from wallet_project.lib.origin import Origin

PURPOSE = "export"
KEPT = timedelta(days=7)
LEASE = timedelta(minutes=5)
"""One that is WORKING for longer belonged to a worker that died."""
ATTEMPTS_MAX = 5
LINK_SECONDS = 300
FRESH = timedelta(minutes=5)
_SALT = "accounts.privacy.export"


def latest_of(user: User) -> Export | None:
    """The copy the person asked for last."""
    return Export.objects.filter(user=user).order_by("-requested_at", "-id").first()


def request_export(*, user: User, at: datetime) -> tuple[Export, Challenge | None]:
    """Asks for a copy, or finds the one under way; the challenge that confirms it, None when it is confirmed.

    Raises PinRequired, PinLocked, PinResetRequired.
    """
    with db.transaction():
        User.objects.select_for_update(no_key=True).get(pk=user.pk)  # two clicks at once: one copy
        export = Export.objects.filter(user=user, status__in=UNFINISHED).first()
        if export is not None and export.status != ExportStatus.AWAITING_STEP_UP:
            return export, None
        if export is None:
            export = Export.objects.create(id=ids.uuid7(at), user=user, requested_at=at, next_try_at=at)
        challenge = stepup.open_challenge(
            user=user, purpose=PURPOSE, subject_id=export.pk, payload=_payload(export), at=at
        )
    return export, challenge


def payload_of(subject_id: UUID) -> dict[str, Any]:
    """What the confirmation is bound to. Raises NotFound, ChallengeVoid when it waits for none."""
    export = _found(subject_id)
    if export.status != ExportStatus.AWAITING_STEP_UP:
        raise ChallengeVoid
    return _payload(export)


def show(subject_id: UUID) -> Shown:
    """What the person confirms. Raises NotFound."""
    _found(subject_id)
    return Shown(
        title=_("Get a copy of your data"),
        lines=[(_("What"), _("Everything we hold about you")), (_("Kept for you"), _("7 days"))],
        amount=None,
        payee="",
        after_url=reverse("privacy_copy"),
    )


def confirm(*, subject_id: UUID, challenge_id: UUID, origin: Origin, at: datetime) -> Outcome:
    """Hands the confirmed request to the workers. Raises NotFound, ChallengeVoid and what ``consume`` raises."""
    with db.transaction():
        export = Export.objects.select_for_update().filter(pk=subject_id).first()
        if export is None:
            raise NotFound
        if export.status != ExportStatus.AWAITING_STEP_UP:
            raise ChallengeVoid
        stepup.consume(challenge_id=challenge_id, payload=_payload(export), at=at)
        export.status, export.next_try_at = ExportStatus.REQUESTED, at
        export.save(update_fields=["status", "next_try_at"])
        asked = ExportRequested(user_id=export.user_id, export_id=export.pk)
        publish(asked, actor=f"person:{export.user_id}", subject_id=export.pk, origin=origin, at=at)
    return Outcome(resource={"id": ids.public("exp", export.pk), "status": str(export.status)})


def make_due(*, at: datetime) -> int:
    """Makes the copy that waits longest; how many are READY now. Must be called outside a transaction."""
    db.refuse_in_transaction()
    export = _claim(at)
    if export is None:
        return 0
    user = export.user
    mine = Export.objects.filter(pk=export.pk, status=ExportStatus.WORKING, attempts=export.attempts)
    with translation.override(user.language), timezone.override(ZoneInfo(user.time_zone)):
        content = archive.make(
            user, at=at, progress=lambda done, total: mine.update(parts_done=done, parts_total=total)
        )
    with db.transaction():
        ready = {"status": ExportStatus.READY, "size_bytes": len(content), "made_at": at, "expires_at": at + KEPT}
        if not mine.update(**ready):
            return 0  # the lease was over, and somebody else made it
        document = base64.b64encode(content).decode()
        ExportFile(export_id=export.pk, user_id=user.pk, document=document).save(force_insert=True)
        _ended(export, ExportStatus.READY, at)
    return 1


def expire_due(*, at: datetime, limit: int = 200) -> int:
    """Deletes files whose week is over, and ends requests nobody confirmed within a day. Returns how many."""
    over = Q(status=ExportStatus.READY, expires_at__lte=at)
    forgotten = Q(status=ExportStatus.AWAITING_STEP_UP, requested_at__lte=at - timedelta(days=1))
    with db.transaction():
        rows = Export.objects.select_for_update(skip_locked=True).filter(over | forgotten)
        gone = list(rows.values_list("pk", flat=True)[:limit])
        ExportFile.objects.filter(pk__in=gone).delete()
        Export.objects.filter(pk__in=gone).update(status=ExportStatus.EXPIRED)
    return len(gone)


def link_key(*, user: User, proved_at: datetime | None, at: datetime) -> str:
    """What the address of the file carries, for five minutes.

    Raises ExportNotReady, and ReauthenticationRequired unless the person proved themself within five minutes.
    """
    export = _ready(user)
    if proved_at is None or at - proved_at > FRESH:
        raise ReauthenticationRequired
    return signing.TimestampSigner(salt=_SALT).sign(_bound(export)).partition(":")[2]


def content_of(*, user: User, key: str, origin: Origin, at: datetime) -> bytes:
    """The archive, for its owner by a fresh address; recorded. Raises ExportNotReady, ExportLinkExpired."""
    export = _ready(user)
    try:
        signing.TimestampSigner(salt=_SALT).unsign(f"{_bound(export)}:{key}", max_age=LINK_SECONDS)
    except signing.BadSignature as error:
        raise ExportLinkExpired from error
    content = base64.b64decode(ExportFile.objects.get(pk=export.pk).document)
    if len(content) != export.size_bytes:
        raise CannotDecrypt("the file of a copy is not the one that was made")
    record_security_event(kind="export_downloaded", user_id=user.pk, actor=f"person:{user.pk}", origin=origin, at=at)
    return content


def _claim(at: datetime) -> Export | None:
    """Takes one under a lease. After the last try it is FAILED."""
    with db.transaction():
        due = Export.objects.select_for_update(skip_locked=True, of=("self",)).select_related("user")
        waiting = [ExportStatus.REQUESTED, ExportStatus.WORKING]
        export = due.filter(status__in=waiting, next_try_at__lte=at).order_by("next_try_at").first()
        if export is None:
            return None
        if export.attempts >= ATTEMPTS_MAX:
            Export.objects.filter(pk=export.pk).update(status=ExportStatus.FAILED)
            _ended(export, ExportStatus.FAILED, at)
            return None
        export.status, export.attempts, export.next_try_at = ExportStatus.WORKING, export.attempts + 1, at + LEASE
        export.save(update_fields=["status", "attempts", "next_try_at"])
    return export


def _ended(export: Export, status: ExportStatus, at: datetime) -> None:
    ended = ExportEnded(user_id=export.user_id, export_id=export.pk, status=status.value)
    publish(ended, actor="worker", subject_id=export.pk, origin=WORKER, at=at)


def _ready(user: User) -> Export:
    export = latest_of(user)
    if export is None or export.status != ExportStatus.READY:
        raise ExportNotReady
    return export


def _found(export_id: UUID) -> Export:
    export = Export.objects.filter(pk=export_id).first()
    if export is None:
        raise NotFound
    return export


def _payload(export: Export) -> dict[str, Any]:
    return {"export": export.pk, "user": export.user_id}


def _bound(export: Export) -> str:
    return f"{export.user_id.hex}.{export.pk.hex}"
