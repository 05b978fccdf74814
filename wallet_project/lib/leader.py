"""One leader in the whole cluster, by a PostgreSQL advisory lock on a connection of its own: for beat.

The lock lives in the database's session, so it ends with the process or with the network between: a killed leader is
followed at once, and one that lost its connection is no leader any more and sends nothing until it is one again.
Not for request paths.
"""

from __future__ import annotations

import hashlib

from django.db import DEFAULT_DB_ALIAS, Error, connections


class Leader:
    """One candidate for ``name``. Ask ``holds`` before everything only a leader may do."""

    def __init__(self, name: str, *, using: str = DEFAULT_DB_ALIAS) -> None:
        self._key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
        self._connection = connections.create_connection(using)
        self._held = False

    def holds(self) -> bool:
        """Takes the lock if it is free; True while we hold it. A lost connection is a lost lock."""
        try:
            with self._connection.cursor() as cursor:
                if self._held:
                    cursor.execute("SELECT 1")
                else:
                    cursor.execute("SELECT pg_try_advisory_lock(%s)", [self._key])
                    (self._held,) = cursor.fetchone()
        except Error:
            self._held = False
            self._connection.close()
        return self._held

    def release(self) -> None:
        """Lets the next one lead."""
        self._held = False
        self._connection.close()
