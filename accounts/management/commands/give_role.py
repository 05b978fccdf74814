"""``manage.py give_role erin compliance``: what a member of staff may do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from accounts.identity.models import User
from accounts.staff.policy import GROUPS
from accounts.staff.services import give_role
from wallet_project.lib import clock
from wallet_project.lib.origin import Origin

if TYPE_CHECKING:
    from django.core.management.base import CommandParser


class Command(BaseCommand):
    """One role each; the change is recorded."""

    help = "Give a member of staff one role."

    def add_arguments(self, parser: CommandParser) -> None:
        """Whom, and which."""
        parser.add_argument("handle")
        parser.add_argument("role", choices=sorted(GROUPS))

    def handle(self, *args: Any, **options: Any) -> None:
        """Refuses customers and strangers."""
        user = User.objects.filter(handle=options["handle"], is_staff=True).first()
        if user is None:
            raise CommandError(f"There is no member of staff {options['handle']}.")
        origin = Origin(channel="worker", request_id="manage.py")
        give_role(user=user, role=options["role"], actor="operator", origin=origin, at=clock.now())
        self.stdout.write(f"{user.handle}: {options['role']}")
