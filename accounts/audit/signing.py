"""What is signed about the trail: a Merkle root over the facts of one window. Pure; needs no database.

Leaf: SHA-256(00 ‖ one line of JSON with every column); nodes as in ``ledger.signing``. The signature is by the ledger's
key over one line of JSON behind a prefix of its own, so that neither can be passed off as the other.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from ledger import signing

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

PREFIX = b"wallet audit checkpoint 1\n"

COLUMNS = (
    "id",
    "name",
    "payload",
    "actor_kind",
    "actor_id",
    "subject_id",
    "channel",
    "request_id",
    "session_id",
    "occurred_at",
    "recorded_at",
    "transaction_id",
)
"""Every column of a fact, in the order of a leaf's line. What is not here could be changed unseen."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """One fact and its hash."""

    event_id: UUID
    hash: bytes


def leaf(row: Sequence[Any]) -> Leaf:
    """The leaf of one row; its values are those of ``COLUMNS``."""
    line = json.dumps([_plain(value) for value in row], sort_keys=True, separators=(",", ":")).encode()
    return Leaf(row[0], hashlib.sha256(b"\x00" + line).digest())


def root_of(leaves: Iterable[Leaf]) -> tuple[int, bytes]:
    """How many leaves, and the root over them in this order."""
    tree = signing.Tree()
    for one in leaves:
        tree.add_hash(one.hash)
    return tree.leaves, tree.root()


@dataclass(frozen=True, slots=True)
class TrailCheckpoint:
    """The facts whose transactions have numbers from ``from_xid`` up to, not with, ``watermark``.

    ``signature`` is empty until it is signed.
    """

    no: int
    from_xid: int
    watermark: int
    count: int
    root: bytes
    previous_root: bytes | None
    created_at: datetime
    key_id: str
    signature: bytes = b""

    def message(self) -> bytes:
        """What is signed."""
        return PREFIX + json.dumps(self._body(), sort_keys=True, separators=(",", ":")).encode()

    def _body(self) -> dict[str, Any]:
        return {
            "count": self.count,
            "created_at": self.created_at.astimezone(UTC).isoformat(timespec="microseconds"),
            "from_xid": self.from_xid,
            "key_id": self.key_id,
            "no": self.no,
            "previous_root": None if self.previous_root is None else self.previous_root.hex(),
            "root": self.root.hex(),
            "watermark": self.watermark,
        }

    def as_json(self) -> dict[str, Any]:
        """For an export."""
        return {**self._body(), "signature": self.signature.hex()}

    @classmethod
    def from_json(cls, body: dict[str, Any]) -> TrailCheckpoint:
        """From an export; KeyError, TypeError or ValueError when it is none."""
        previous = body["previous_root"]
        return cls(
            no=int(body["no"]),
            from_xid=int(body["from_xid"]),
            watermark=int(body["watermark"]),
            count=int(body["count"]),
            root=bytes.fromhex(body["root"]),
            previous_root=None if previous is None else bytes.fromhex(previous),
            created_at=datetime.fromisoformat(body["created_at"]),
            key_id=str(body["key_id"]),
            signature=bytes.fromhex(body["signature"]),
        )

    def is_signed_by_one_of(self, public_keys: Iterable[bytes]) -> bool:
        """Whether one of these keys (raw, 32 bytes) signed exactly this."""
        return any(
            self.key_id == signing.key_id(key) and signing.verifies(self.message(), self.signature, public_key=key)
            for key in public_keys
        )


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return str(value) if isinstance(value, UUID) else value
