"""``manage.py demo``: the people of a development copy."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from support.demo.people import PASSWORD, PEOPLE, PIN, STAFF
from support.demo.services import load_demo
from wallet_project.lib import clock


class Command(BaseCommand):
    """Loads the demo people once and prints how to sign in as them. Refuses outside development and tests."""

    help = "Load the demo people, staff and a little history (development only)."

    def handle(self, *args: Any, **options: Any) -> None:
        """Prints each step; a second run changes nothing."""
        if not settings.DEV_OUTBOX:
            raise CommandError("Demo people have known passwords: they live only in development (WALLET_ENV=dev).")
        load_demo(tell=lambda step: self.stdout.write(f"  demo: {step}"), now=clock.now)
        self.stdout.write("\n  Sign in with any of these (codes and messages: /dev/outbox/):")
        for person in PEOPLE:
            pin = f"PIN {PIN}" if person.has_pin else "no PIN yet"
            self.stdout.write(f"    {person.email:<24} {PASSWORD}   {pin}   {person.about}")
        for member in STAFF:
            self.stdout.write(f"    {member.email:<24} {PASSWORD}   staff, {member.role}; second factor: /dev/outbox/")
