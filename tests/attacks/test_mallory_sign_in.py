"""Password guesses on the page: counted for whom they are tried on, whatever else the form carries."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from axes.models import AccessAttempt
from django.test import Client

from accounts.identity.policy import clean_name
from accounts.identity.services.people import HandleTaken, update_profile
from tests.factories.people import ORIGIN, PASSWORD, make_person, now
from wallet_project.lib.errors import Invalid

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh_limits(settings: Any) -> None:
    settings.RATELIMIT_PREFIX = f"test:{uuid4()}"


def sign_in(login: str, password: str = "not-the-password", **more: str) -> int:
    return Client().post("/account/login/", {"login": login, "password": password, **more}).status_code


def test_guesses_at_one_person_do_not_lock_the_house_out() -> None:
    """Everybody behind one address shared a single count of five."""
    make_person("alice")
    make_person("bob")
    assert [sign_in("alice@example.com") for _ in range(4)] == [200] * 4
    assert [sign_in(f"nobody{number}@example.com") for number in range(4)] == [200] * 4
    assert sign_in("bob@example.com", PASSWORD) == 302


def test_a_second_field_does_not_move_the_count_to_somebody_else() -> None:
    """Axes counts too, but not atomically: it is emptied here to see our own count alone."""
    make_person("alice")
    seen = []
    for number in range(7):
        AccessAttempt.objects.all().delete()
        seen.append(sign_in("alice@example.com", email=f"nobody{number}@example.com", phone="+4915112345601"))
    assert seen == [200] * 5 + [429] * 2


@pytest.mark.parametrize("alike", ["al1ce", "aiice", "allce"])
def test_a_handle_that_looks_like_another_is_taken(alike: str) -> None:
    make_person("alice")
    mallory = make_person("mallory")
    with pytest.raises(HandleTaken):
        update_profile(user=mallory, changes={"handle": alike}, at=now(), origin=ORIGIN)


@pytest.mark.parametrize(("costume", "plain"), [("𝕬𝖑𝖎𝖈𝖊 𝕷", "Alice L"), ("Ａｌｉｃｅ", "Alice"), ("ﬁona", "fiona")])
def test_a_name_in_costume_is_judged_and_kept_plain(costume: str, plain: str) -> None:
    assert clean_name(costume) == plain


def test_a_costume_hides_no_mixture_of_scripts() -> None:
    with pytest.raises(Invalid):
        clean_name("𝕬лиса")
