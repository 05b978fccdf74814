"""Keeps sessions in step with sign-in: when somebody proved who they are, and on which device."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account.signals import authentication_step_completed
from django.contrib.auth.signals import user_logged_in
from django.utils.translation import gettext_lazy as _

from accounts.devices.policy import Kind
from accounts.devices.services import SWEEP_TASK
from accounts.devices.session_engine import KIND, SessionStore
from wallet_project.lib import clock
from wallet_project.lib.jobs import Job, jobs

if TYPE_CHECKING:
    from django.http import HttpRequest

    from accounts.identity.models import User

DEVICE_LENGTH_MAX = 200


def connect() -> None:
    """Called once when the app is ready."""
    user_logged_in.connect(signed_in, dispatch_uid="devices.signed_in")
    authentication_step_completed.connect(reauthenticated, dispatch_uid="devices.reauthenticated")
    jobs.register(
        "devices.forget_ended",
        Job(task=SWEEP_TASK, every_seconds=3600, queue="reports", summary=_("Deletes sessions past their end.")),
    )


def signed_in(request: HttpRequest, user: User, **_: Any) -> None:
    """Sign-up verification and every sign-in end here: the session is fresh, and staff sessions are short."""
    session = request.session
    if not isinstance(session, SessionStore):
        return
    session.mark_authenticated(clock.now())
    if user.is_staff and session.get(KIND) != Kind.APP:
        session[KIND] = Kind.STAFF.value
    session.save()
    if session.row is not None:
        session.row.device = request.headers.get("User-Agent", "")[:DEVICE_LENGTH_MAX]
        session.row.save(update_fields=["device"])


def reauthenticated(request: HttpRequest, user: User, **extra: Any) -> None:
    """Somebody who was signed in proved again who they are."""
    if extra.get("reauthenticated") and isinstance(request.session, SessionStore):
        request.session.mark_authenticated(clock.now())
