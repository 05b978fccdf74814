"""kill -9 of a whole PostgreSQL amid postings: what was acknowledged is there, once, and the books are right."""

from __future__ import annotations

import os
import random
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connections

from ledger import integrity, services
from ledger.models import Entry
from tests.factories.ledger import amounts, draft, wallet
from wallet_project import env
from wallet_project.lib import db
from wallet_project.local.console import Stop
from wallet_project.local.postgres import Postgres

CRASHES = 3
POSTS_BETWEEN = 150


@pytest.fixture
def cluster(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[Postgres]:
    """A durable server of our own with an empty wallet; both aliases lead to it."""
    with tempfile.TemporaryDirectory(prefix="wallet-crash-") as folder:
        server = Postgres(Path(folder), durable=True)
        server.start()
        try:
            with django_db_blocker.unblock(), led_to(server):  # type: ignore[attr-defined]  # pytest-django's blocker
                call_command("setup_roles")
                call_command("migrate", "ledger", interactive=False, verbosity=0)
                call_command("open_chart", currency=["EUR"], verbosity=0)
                yield server
        finally:
            server.stop()


@contextmanager
def led_to(server: Postgres) -> Iterator[None]:
    roles = server.addresses()
    urls = {"DATABASE_URL": roles.app, "DATABASE_OWNER_URL": roles.owner, "DATABASE_READONLY_URL": roles.readonly}
    before = {name: os.environ.get(name) for name in urls}
    aliases = {"default": roles.app, "owner": roles.owner}
    kept = {alias: dict(connections.databases[alias]) for alias in aliases}
    os.environ.update(urls)
    try:
        for alias, url in aliases.items():
            connections[alias].close()
            wanted = env.database(url, application="crash")
            connections.databases[alias].update(
                {key: wanted[key] for key in ("NAME", "USER", "PASSWORD", "HOST", "PORT")}
            )
        yield
    finally:
        for alias in aliases:
            connections[alias].close()
            connections.databases[alias].update(kept[alias])
        os.environ.update({name: value for name, value in before.items() if value is not None})


def crash(server: Postgres) -> None:
    """Nobody shuts anything down; then the server is started again on the same data and port."""
    assert server.process is not None
    os.kill(server.process.pid, signal.SIGKILL)
    server.process.wait(10)
    deadline = time.monotonic() + 60
    while True:
        try:
            server.start(preferred_port=server.port)
        except Stop:  # the killed server's children still hold its memory
            if time.monotonic() > deadline:
                raise
        else:
            return


@pytest.mark.slow
def test_acknowledged_posts_outlive_a_killed_server(cluster: Postgres) -> None:
    people = [wallet(minor=100_000) for _ in range(6)]
    acknowledged: list[UUID] = []
    unknown: list[UUID] = []
    done = threading.Event()

    def pay(number: int) -> None:
        luck = random.Random(number)
        try:
            while not done.is_set():
                source, target = luck.sample(people, 2)
                entries = [draft(source.id, target.id, 1) for _ in range(luck.choice([1, 1, 5]))]
                while True:
                    try:
                        with db.transaction():
                            services.post_many(entries) if len(entries) > 1 else services.post(entries[0])
                        break
                    except DatabaseError:
                        unknown.append(entries[0].entry_id)
                        connections["default"].close()
                acknowledged.extend(entry.entry_id for entry in entries)
        finally:
            connections.close_all()

    payers = [threading.Thread(target=pay, args=(number,)) for number in range(6)]
    for thread in payers:
        thread.start()
    for _ in range(CRASHES):
        wait_for(acknowledged, len(acknowledged) + POSTS_BETWEEN)
        crash(cluster)
    wait_for(acknowledged, len(acknowledged) + POSTS_BETWEEN)
    done.set()
    for thread in payers:
        thread.join(60)
    connections["default"].close()
    assert unknown, "no post was under way when the server was killed"
    assert len(acknowledged) == len(set(acknowledged)) > CRASHES * POSTS_BETWEEN
    assert set(Entry.objects.filter(kind="transfer", reference="").values_list("id", flat=True)) >= set(acknowledged)
    assert sum(posted for posted, _ in amounts(*(person.id for person in people))) == 600_000
    assert integrity.check() == []


def wait_for(acknowledged: list[UUID], wanted: int) -> None:
    deadline = time.monotonic() + 60
    while len(acknowledged) < wanted:
        assert time.monotonic() < deadline, "the posts stand still"
        threading.Event().wait(0.02)
