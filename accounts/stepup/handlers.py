"""What the room tells the house when it is ready: the purpose "pin", and the job that closes what nobody answered."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from accounts.stepup import pin_purpose
from accounts.stepup.registry import Purpose, purposes
from accounts.stepup.services import confirm_pin
from wallet_project.lib.jobs import Job, jobs

EXPIRE_TASK = "accounts.expire_challenges"


def connect() -> None:
    """Called once when the app is ready."""
    purposes.register(
        pin_purpose.PURPOSE,
        Purpose(payload=pin_purpose.payload, confirm=confirm_pin, show=pin_purpose.show),
    )
    jobs.register(
        "stepup.expire_challenges",
        Job(
            task=EXPIRE_TASK,
            every_seconds=30,
            queue="money",
            summary=_("Closes step-up challenges nobody answered in time, and deletes their codes."),
        ),
    )
