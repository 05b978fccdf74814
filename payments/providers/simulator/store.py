"""Everything the simulator knows, in one SQLite file: a restart, or a kill, loses nothing that was answered."""

import fcntl
import json
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

SCHEMA_VERSION = 1
SCHEMA = """
CREATE TABLE object (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, body TEXT NOT NULL);
CREATE INDEX object_by_kind ON object (kind, seq);
CREATE TABLE delivery (
    id INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL, state TEXT NOT NULL, place INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0, next_attempt_at REAL NOT NULL, created_at REAL NOT NULL,
    last_status INTEGER, last_error TEXT);
CREATE INDEX delivery_due ON delivery (state, next_attempt_at, place);
CREATE INDEX delivery_by_place ON delivery (place);
CREATE INDEX delivery_by_event ON delivery (event);
CREATE TABLE idempotency (
    key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, path TEXT NOT NULL, created INTEGER NOT NULL,
    status INTEGER, body TEXT, request_id TEXT NOT NULL);
CREATE TABLE later (id INTEGER PRIMARY KEY, due INTEGER NOT NULL, action TEXT NOT NULL, subject TEXT NOT NULL);
CREATE INDEX later_due ON later (due);
CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""

Json = dict[str, Any]


class StateUnusable(Exception):
    """The state folder is taken by another simulator, or was written by another version."""


class Store:
    """One connection behind one lock: the simulator is exact before it is fast."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._held = _take(folder / "simulator.lock")
        self._lock = threading.RLock()
        self._depth = 0
        self._connection = sqlite3.connect(folder / "simulator.sqlite3", check_same_thread=False, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._prepare(folder)

    def _prepare(self, folder: Path) -> None:
        version = self._connection.execute("PRAGMA user_version").fetchone()[0]
        if version not in {0, SCHEMA_VERSION}:
            raise StateUnusable(f"{folder} was written by another version of the simulator. Delete it and start again.")
        with self.transaction():
            if version == 0:
                for statement in SCHEMA.split(";"):
                    self._connection.execute(statement)
                self._connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
            # Work and stored answer commit together, so a key still open belongs to a request that died undone.
            self._connection.execute("DELETE FROM idempotency WHERE status IS NULL")

    def close(self) -> None:
        """Let go of the state folder."""
        with self._lock:
            self._connection.close()
            self._held.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; joins the transaction the thread is already in."""
        with self._lock:
            if self._depth == 0:
                self._connection.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                self._depth -= 1
                if self._depth == 0:
                    self._connection.execute("ROLLBACK")
                raise
            self._depth -= 1
            if self._depth == 0:
                self._connection.execute("COMMIT")

    def query(self, sql: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> list[sqlite3.Row]:
        """The rows of one statement."""
        with self._lock:
            return self._connection.execute(sql, values).fetchall()

    def execute(self, sql: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> int:
        """Change rows; how many were changed."""
        with self._lock:
            return self._connection.execute(sql, values).rowcount

    # --- objects, as the API shows them; keys that begin with "_" stay inside

    def put(self, item: Json) -> Json:
        """Insert or replace an API object by its id; its place in lists is that of its creation."""
        self.execute(
            "INSERT INTO object (id, kind, body) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body",
            (item["id"], item["object"], json.dumps(item)),
        )
        return item

    def get(self, object_id: str, kind: str | None = None) -> Json | None:
        """The object, or nothing when there is none of that kind."""
        rows = self.query("SELECT kind, body FROM object WHERE id = ?", (object_id,))
        if not rows or (kind is not None and rows[0]["kind"] != kind):
            return None
        return dict(json.loads(rows[0]["body"]))

    def find(self, kind: str, where: Mapping[str, Any] | None = None, limit: int = 1000) -> list[Json]:
        """The newest objects of a kind whose top-level fields equal the given ones, newest first."""
        return [item for _, item in self.page(kind, where or {}, limit=limit)]

    def page(
        self,
        kind: str,
        where: Mapping[str, Any],
        *,
        limit: int,
        before: int | None = None,
        after: int | None = None,
    ) -> list[tuple[int, Json]]:
        """(place, object) newest first; `before` continues to older ones, `after` gives the next newer ones."""
        tests = ["kind = ?"]
        values: list[Any] = [kind]
        for field, wanted in where.items():
            choices = wanted if isinstance(wanted, list) else [wanted]
            tests.append(f"json_extract(body, '$.' || ?) IN ({','.join('?' * len(choices))})")
            values += [field, *choices]
        if before is not None:
            tests.append("seq < ?")
            values.append(before)
        if after is not None:
            tests.append("seq > ?")
            values.append(after)
        order = "ASC" if after is not None else "DESC"
        sql = f"SELECT seq, body FROM object WHERE {' AND '.join(tests)} ORDER BY seq {order} LIMIT {int(limit)}"  # noqa: S608 (only placeholders and an int are put in)
        rows = [(row["seq"], json.loads(row["body"])) for row in self.query(sql, values)]
        return rows if after is None else rows[::-1]

    def place_of(self, object_id: str) -> int | None:
        """Where an object stands in the order of creation."""
        rows = self.query("SELECT seq FROM object WHERE id = ?", (object_id,))
        return rows[0]["seq"] if rows else None

    # --- settings that outlive the process

    def setting(self, name: str, default: Any = None) -> Any:
        """A stored value, decoded."""
        rows = self.query("SELECT value FROM setting WHERE name = ?", (name,))
        return json.loads(rows[0]["value"]) if rows else default

    def set_setting(self, name: str, value: Any) -> None:
        """Keep a value under a name."""
        self.execute(
            "INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (name, json.dumps(value)),
        )


def _take(path: Path) -> IO[str]:
    """Hold the folder: two simulators on one state would send everything twice."""
    held = path.open("w")
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as busy:
        held.close()
        raise StateUnusable(f"Another simulator is already using {path.parent}.") from busy
    return held
