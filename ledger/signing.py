"""Checkpoints: a Merkle root over all balance heads, signed with Ed25519. Pure; needs neither database nor settings.

Leaf: SHA-256(00 ‖ balance id ‖ seq ‖ head); node: SHA-256(01 ‖ left ‖ right); an odd node goes up as it is
(RFC 9162 §2.1.1). ``count`` is the sum of the seqs. What is signed is one line of JSON behind a fixed prefix.
"""

from __future__ import annotations

import base64
import hashlib
import json
import struct
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

if TYPE_CHECKING:
    from collections.abc import Iterable

PREFIX = b"wallet ledger checkpoint 1\n"


@dataclass(frozen=True, slots=True)
class Leaf:
    """One balance (account * 64 + stripe) and the number and hash of its last posting below the watermark."""

    balance_id: int
    seq: int
    head: bytes


class Tree:
    """The root over leaves that come one by one; keeps one hash per level."""

    def __init__(self) -> None:
        self.count = 0
        self.leaves = 0
        self._peaks: list[tuple[int, bytes]] = []

    def add(self, leaf: Leaf) -> None:
        """The next leaf, in the order of balance ids."""
        self.count += leaf.seq
        self.add_hash(hashlib.sha256(b"\x00" + struct.pack(">qq", leaf.balance_id, leaf.seq) + leaf.head).digest())

    def add_hash(self, node: bytes) -> None:
        """The next leaf of something else: its hash, 00 in front of what was hashed."""
        self.leaves += 1
        size = 1
        while self._peaks and self._peaks[-1][0] == size:
            _, left = self._peaks.pop()
            size, node = size * 2, _node(left, node)
        self._peaks.append((size, node))

    def root(self) -> bytes:
        """The root over all leaves so far."""
        if not self._peaks:
            return hashlib.sha256(b"").digest()
        *rest, (_, node) = self._peaks
        for _, left in reversed(rest):
            node = _node(left, node)
        return node


def tree_of(leaves: Iterable[Leaf]) -> Tree:
    """The tree over all of these."""
    tree = Tree()
    for leaf in leaves:
        tree.add(leaf)
    return tree


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """What was true at a watermark, and who says so. Without its signature yet: ``signature`` is empty."""

    book: int
    no: int
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
            "book": self.book,
            "count": self.count,
            "created_at": self.created_at.astimezone(UTC).isoformat(timespec="microseconds"),
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
    def from_json(cls, body: dict[str, Any]) -> SignedCheckpoint:
        """From an export; KeyError, TypeError or ValueError when it is none."""
        previous = body["previous_root"]
        return cls(
            book=int(body["book"]),
            no=int(body["no"]),
            watermark=int(body["watermark"]),
            count=int(body["count"]),
            root=bytes.fromhex(body["root"]),
            previous_root=None if previous is None else bytes.fromhex(previous),
            created_at=datetime.fromisoformat(body["created_at"]),
            key_id=str(body["key_id"]),
            signature=bytes.fromhex(body["signature"]),
        )

    def is_signed_by(self, public_key: bytes) -> bool:
        """Whether this key signed exactly this. ``public_key`` is raw, 32 bytes."""
        signed = verifies(self.message(), self.signature, public_key=public_key)
        return signed and self.key_id == key_id(public_key)


def public_key(seed: bytes) -> bytes:
    """The public half (raw, 32 bytes) of a signing key."""
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def decoded_keys(keys: Iterable[str]) -> list[bytes]:
    """Public keys from base64. Raises ValueError."""
    return [base64.b64decode(key, validate=True) for key in keys]


def key_id(public: bytes) -> str:
    """A short name of a public key."""
    return hashlib.sha256(public).hexdigest()[:16]


def sign(message: bytes, *, seed: bytes) -> bytes:
    """The Ed25519 signature."""
    return Ed25519PrivateKey.from_private_bytes(seed).sign(message)


def verifies(message: bytes, signature: bytes, *, public_key: bytes) -> bool:
    """Whether this key (raw, 32 bytes) signed exactly this message."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()
