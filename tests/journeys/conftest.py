"""People at their browsers."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

import pytest

from ledger.money import Money
from tests import databases
from tests.factories.people import give_money, make_person
from tests.journeys.matrix import Window
from tests.journeys.person import Person
from tests.servers import running_copy
from wallet_project.settings import auth

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Page
    from pytest_django import DjangoDbBlocker
    from pytest_django.fixtures import SettingsWrapper

    from tests.servers import WalletServer

PHONE = Window()
BROWSER_LANGUAGES = {"en": "en-GB", "zh-hans": "zh-CN"}
numbers = count(1)


@pytest.fixture(scope="package")
def clone_db(django_db_setup: None, database_template: str, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """One database for all journeys: these people have names of their own, and starting a copy takes long."""
    name = databases.clone(database_template)
    with django_db_blocker.unblock(), databases.aimed_at(name):
        yield name
    databases.drop(name)


@pytest.fixture(scope="package")
def wallet_server(clone_db: str) -> Iterator[WalletServer]:
    """One running copy for all journeys."""
    with running_copy(clone_db) as server:
        yield server


@pytest.fixture
def stranger(wallet_server: WalletServer, open_page: Callable[..., Page]) -> Callable[..., Person]:
    """``stranger("ann")`` has an e-mail address and a browser, and nothing else; ``phone_number`` instead of e-mail."""

    def made(name: str, window: Window = PHONE, *, phone_number: str = "", refusals: bool = False) -> Person:
        page = open_page(
            phone=window.phone,
            language=BROWSER_LANGUAGES[window.language],
            javascript=window.javascript,
            expected=("the server responded with a status of 4",) if refusals else (),
        )
        contact = phone_number or f"{name}{next(numbers)}@example.org"
        return Person(page, wallet_server, contact, window.language)

    return made


@pytest.fixture
def member(clone_db: str, settings: SettingsWrapper, stranger: Callable[..., Person]) -> Callable[..., Person]:
    """``member("ann", cents=10_000)`` has a wallet, the handle ``ann<n>``, a PIN and so much, and is signed in.

    Their console may show the statuses of refusals: these people meet them on purpose.
    """
    settings.PASSWORD_HASHERS = auth.PASSWORD_HASHERS  # the running copy knows no cheap ones

    def made(name: str, window: Window = PHONE, *, cents: int = 0, pin: bool = True) -> Person:
        person = stranger(name, window, refusals=True)
        handle = person.contact.partition("@")[0]
        more = {} if pin else {"pin": None}
        user = make_person(handle, email=person.contact, language=window.language, **more)
        if cents:
            give_money(user, Money(cents, "EUR"))
        person.signs_in()
        return person

    return made
