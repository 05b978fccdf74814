"""Forty guesses at once: allauth alone compared thirty-nine of them against a limit of three."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from allauth.account.models import EmailAddress
from django.db import connections

from tests.factories.people import make_person
from tests.integration.accounts.app import App, code_for

if TYPE_CHECKING:
    from pytest_django.fixtures import SettingsWrapper

WRONG = "BBBB-BBBB"


@pytest.fixture(autouse=True)
def fresh_limits(settings: SettingsWrapper) -> None:
    """What one test spends of a limit is nothing to the next."""
    settings.RATELIMIT_PREFIX = f"test:{uuid4()}"


class TestParallelGuesses:
    def test_of_forty_wrong_codes_at_most_five_are_compared(self, clone_db: str) -> None:
        email = f"{uuid4().hex}@example.com"
        app = App()
        app.sign_up(email=email)
        barrier = Barrier(40)

        def guess(number: int) -> int:
            attacker = App(address=f"198.51.100.{number}")
            attacker.token = app.token
            barrier.wait()
            try:
                return int(attacker.auth("auth/email/verify", {"key": WRONG}).status_code)
            finally:
                connections.close_all()

        with ThreadPoolExecutor(40) as pool:
            statuses = list(pool.map(guess, range(40)))
        compared = [status for status in statuses if status == 400]
        assert len(compared) <= 5
        assert statuses.count(429) >= 35
        assert set(statuses) <= {400, 401, 409, 429}
        assert not EmailAddress.objects.get(email=email).verified
        locked = app.auth("auth/email/verify", {"key": code_for(email)})
        assert locked.status_code == 429

    def test_of_forty_wrong_passwords_at_most_five_are_compared(self, clone_db: str) -> None:
        person = make_person(f"p{uuid4().hex[:12]}", pin=None)
        barrier = Barrier(40)

        def guess(_number: int) -> int:
            barrier.wait()
            try:
                body = {"email": person.email, "password": "wrong horse battery"}
                return int(App().auth("auth/login", body).status_code)
            finally:
                connections.close_all()

        with ThreadPoolExecutor(40) as pool:
            statuses = list(pool.map(guess, range(40)))
        assert statuses.count(400) <= 5
        assert statuses.count(429) >= 35
