"""What the room tells the house when it is ready."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from accounts.identity.registry import discovery_changed, signing_up
from accounts.identity.services import forget_failed_sign_ins
from accounts.privacy import exporting, holdings, services
from accounts.privacy.policy import RETENTION_JOB
from accounts.privacy.registry import forgetting
from accounts.privacy.registry import holdings as offered
from accounts.stepup.registry import Purpose, purposes
from wallet_project.lib.jobs import Job, jobs

EXPORT_TASK = "privacy.make_exports"
EXPIRE_TASK = "privacy.expire_exports"


def connect() -> None:
    """Called once when the app is ready."""
    discovery_changed.register("privacy.switches", services.note_turns)
    signing_up.register("privacy.consents", services.accept_at_sign_up)
    purposes.register(
        exporting.PURPOSE, Purpose(payload=exporting.payload_of, confirm=exporting.confirm, show=exporting.show)
    )
    jobs.register(
        EXPORT_TASK,
        Job(task=EXPORT_TASK, every_seconds=10, queue="reports", summary=_("Makes copies of their data for people.")),
    )
    jobs.register(
        EXPIRE_TASK,
        Job(
            task=EXPIRE_TASK,
            every_seconds=3600,
            queue="reports",
            summary=_("Deletes copies of people's data after a week."),
        ),
    )
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
