"""PostgreSQL and Valkey as bin/run starts them: in any folder, twice, and after being killed."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
import redis

from wallet_project.local.console import Stop
from wallet_project.local.postgres import Postgres
from wallet_project.local.valkey import Valkey

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def var() -> Iterator[Path]:
    """A folder that others may enter, as most are; pytest's own are closed."""
    folder = Path(tempfile.mkdtemp(prefix="my wällét – 钱包 'dir' $HOME "))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def server(var: Path) -> Iterator[Postgres]:
    made = Postgres(var, durable=False)
    yield made
    made.stop()


def count(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT count(*) FROM kept").fetchone()
        assert row is not None
        return int(row[0])


class TestPostgres:
    def test_starts_in_any_folder_and_keeps_its_rows(self, server: Postgres) -> None:
        server.start()
        with psycopg.connect(server.addresses().owner) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 1")
        port = server.port
        server.stop()
        server.start(preferred_port=port)
        assert server.port == port
        assert count(server.addresses().owner) == 1

    def test_a_killed_server_recovers(self, server: Postgres) -> None:
        server.start()
        with psycopg.connect(server.addresses().owner) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 1")
        assert server.process is not None
        server.process.kill()
        server.process.wait()
        assert (server.data / "postmaster.pid").exists()
        server.start()
        assert count(server.addresses().owner) == 1

    def test_a_server_left_running_is_ended_first(self, server: Postgres, var: Path) -> None:
        server.start()
        again = Postgres(var, durable=False)
        again.start()
        assert server.process is not None
        assert server.process.wait(5) == 0
        with psycopg.connect(again.addresses().owner) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        again.stop()

    def test_never_runs_as_root_and_asks_for_passwords(self, server: Postgres) -> None:
        server.start()
        assert (server.data / "postgresql.conf").stat().st_uid != 0
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(server.addresses().owner, password="wrong", connect_timeout=2)
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(f"postgresql://postgres@127.0.0.1:{server.port}/postgres", connect_timeout=2)

    def test_a_half_made_cluster_is_made_again(self, server: Postgres) -> None:
        server.data.mkdir()
        (server.data / "PG_VERSION").write_text("18\n")
        server.start()
        with psycopg.connect(server.addresses().owner) as connection:
            assert connection.execute("SELECT current_user").fetchone() == ("wallet_owner",)

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root can be told to drop to another user")
    def test_a_folder_nobody_can_enter_is_not_opened_but_avoided(self, tmp_path: Path) -> None:
        closed = tmp_path / "closed"
        (closed / "var").mkdir(parents=True)
        closed.chmod(0o700)
        made = Postgres(closed / "var", durable=False)
        home = made.data.parent
        try:
            made.start()
            with psycopg.connect(made.addresses().owner) as connection:
                assert connection.execute("SELECT 1").fetchone() == (1,)
        finally:
            made.stop()
            shutil.rmtree(home)
        assert str(home).startswith("/var/tmp/wallet-")
        assert closed.stat().st_mode & 0o777 == 0o700

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root meets a folder of somebody else under /var/tmp")
    def test_a_strangers_folder_is_refused(self, tmp_path: Path) -> None:
        closed = tmp_path / "closed"
        (closed / "var").mkdir(parents=True)
        closed.chmod(0o700)
        home = Postgres(closed / "var", durable=False).data.parent
        os.chown(home, 65534, 65534)
        try:
            with pytest.raises(Stop, match="belongs to somebody else"):
                Postgres(closed / "var", durable=False)
        finally:
            home.rmdir()


class TestValkey:
    def test_asks_for_its_password(self, var: Path) -> None:
        valkey = Valkey(var)
        valkey.start()
        with redis.Redis.from_url(valkey.url) as known:
            assert known.ping() is True
        with redis.Redis(port=valkey.port) as stranger, pytest.raises(redis.AuthenticationError):
            stranger.ping()
        valkey.stop()

    def test_starts_again_after_being_killed(self, var: Path) -> None:
        valkey = Valkey(var)
        valkey.start()
        assert valkey.process is not None
        valkey.process.send_signal(signal.SIGKILL)
        valkey.process.wait()
        valkey.start(preferred_port=valkey.port)
        with redis.Redis.from_url(valkey.url) as known:
            assert known.ping() is True
        valkey.stop()
