"""Databases under two roles, and running copies for the tests that need real processes."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import hypothesis
import pytest
from django.core.management import call_command
from django.utils import translation

from tests import databases

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_django import DjangoDbBlocker

pytest_plugins = ("tests.browser", "tests.hanging", "tests.personas", "tests.servers")


def pytest_configure(config: pytest.Config) -> None:
    """Sentences are tested in both languages, so the catalogues must be as new as their sources.

    No example has a deadline: a busy machine is slow, not wrong.
    """
    call_command("compile_catalogues", verbosity=0)
    hypothesis.settings.register_profile("wallet", deadline=None, print_blob=True)
    hypothesis.settings.load_profile("wallet")


@pytest.fixture(autouse=True)
def language_of_nobody() -> Iterator[None]:
    """A request leaves its language active in this thread; the next test must not read in it."""
    yield
    translation.deactivate()


@pytest.fixture(scope="session")
def database_template(django_db_blocker: DjangoDbBlocker) -> str:
    """The migrated template every database of this run is copied from."""
    if not os.environ.get("DATABASE_OWNER_URL"):
        pytest.exit("No database: run the tests with bin/test, or set DATABASE_URL and DATABASE_OWNER_URL.", 4)
    with django_db_blocker.unblock():
        return databases.ensure_template()


@pytest.fixture(scope="session")
def django_db_setup(database_template: str, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """One copy per process; tests see it as the app role and roll back."""
    name = databases.clone(database_template)
    with django_db_blocker.unblock(), databases.aimed_at(name), django_db_blocker.block():
        yield
    databases.drop(name)


@pytest.fixture(scope="module")
def clone_db(django_db_setup: None, database_template: str, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """A database for one module whose tests commit: races, faults, real processes. Never flushed, then dropped.

    Use it instead of ``db``; the value is the database's name. Threads and child processes see it too.
    """
    name = databases.clone(database_template)
    with django_db_blocker.unblock(), databases.aimed_at(name):
        yield name
    databases.drop(name)
