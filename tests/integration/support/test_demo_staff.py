"""The demo's staff have the roles of the code, also in a copy from before the roles were code."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group

from accounts.identity.models import User
from support.demo.people import PEOPLE, STAFF
from support.demo.services import load_demo
from tests.factories.people import make_person, make_staff, now

pytestmark = pytest.mark.django_db


def roles() -> dict[str, list[str]]:
    staff = User.objects.filter(is_staff=True).prefetch_related("groups")
    return {str(user.handle): [group.name for group in user.groups.all()] for user in staff}


def test_a_copy_that_is_there_keeps_its_staff_in_their_roles() -> None:
    make_person(PEOPLE[0].handle)
    for member in STAFF:
        make_staff(member.handle).groups.add(Group.objects.get(name="support"))
    told: list[str] = []
    assert load_demo(tell=told.append, now=now) is False
    assert roles() == {"dave": ["support"], "erin": ["compliance"], "frank": ["compliance_lead"], "grace": ["treasury"]}
    assert told == []
