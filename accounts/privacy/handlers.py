"""What the room tells the house when it is ready."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from accounts.identity.registry import discovery_changed, signing_up
from accounts.identity.services import forget_failed_sign_ins
from accounts.privacy import holdings, services
from accounts.privacy.policy import RETENTION_JOB
from accounts.privacy.registry import forgetting
from accounts.privacy.registry import holdings as offered
from wallet_project.lib.jobs import Job, jobs


def connect() -> None:
    """Called once when the app is ready."""
    discovery_changed.register("privacy.switches", services.note_turns)
    signing_up.register("privacy.consents", services.accept_at_sign_up)
    offered.register("accounts", holdings.of)
    forgetting.register("failed_sign_ins", forget_failed_sign_ins)
    jobs.register(
        RETENTION_JOB,
        Job(
            task=RETENTION_JOB,
            every_seconds=24 * 60 * 60,
            queue="reports",
            summary=_("Deletes personal data that was kept as long as it may be."),
        ),
    )
