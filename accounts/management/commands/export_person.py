"""Writes a copy of everything held about a person who asked for it; recorded, and the person sees it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone, translation

from accounts.identity.models import User
from accounts.privacy import archive
from accounts.staff import services as staff
from accounts.staff.errors import ReadingNotAllowed
from wallet_project.lib import clock, ids
from wallet_project.lib.errors import NotFound
from wallet_project.lib.origin import Origin

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    """`manage.py export_person usr_… copy.zip --by dave`"""

    help = "Writes a ZIP (a page and JSON) of what is held about a person who asked for it (GDPR art. 15, 20)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("person", help="the public id, usr_…")
        parser.add_argument("file", help="where to; it must not exist yet, and only its owner can read it")
        parser.add_argument("--by", required=True, help="the handle of the officer whose role reads personal data")

    def handle(self, *args: Any, **options: Any) -> None:
        person, officer = _person(options["person"]), User.objects.filter(handle=options["by"]).first()
        if officer is None:
            raise CommandError(f"There is nobody called {options['by']}.")
        try:
            descriptor = os.open(options["file"], os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            raise CommandError(f"{options['file']} is there already: name a new file.") from None
        at = clock.now()
        with os.fdopen(descriptor, "wb") as stream:
            try:
                staff.reveal(
                    person=person,
                    by=officer,
                    what="copy",
                    reason="customer_asked",
                    about=person.pk,
                    origin=Origin(channel="desk"),
                    at=at,
                )
            except ReadingNotAllowed:
                os.unlink(options["file"])
                raise CommandError(f"The role of {options['by']} does not read personal data.") from None
            with translation.override(person.language), timezone.override(ZoneInfo(person.time_zone)):
                size = stream.write(archive.make(person, at=at))
        self.stdout.write(f"{size} bytes are in {options['file']}. Hand it over safely, then delete it here.")


def _person(public_id: str) -> User:
    try:
        return User.objects.get(pk=ids.parse("usr", public_id), is_staff=False)
    except (NotFound, User.DoesNotExist):
        raise CommandError("There is no such person.") from None
