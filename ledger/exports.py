"""An export of a checkpoint: a file that proves it with the public key alone. A line of JSON, then a line per leaf."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TextIO

from ledger.signing import Leaf, SignedCheckpoint, Tree

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class NotAnExport(ValueError):
    """The file is not an export, or a line of it is damaged. The text names the line."""


def write(stream: TextIO, checkpoint: SignedCheckpoint, leaves: Iterable[Leaf]) -> int:
    """Writes the checkpoint and its leaves; returns how many leaves."""
    stream.write(json.dumps(checkpoint.as_json(), sort_keys=True) + "\n")
    written = 0
    for leaf in leaves:
        stream.write(f"{leaf.balance_id} {leaf.seq} {leaf.head.hex()}\n")
        written += 1
    return written


def read(stream: TextIO) -> tuple[SignedCheckpoint, Iterator[Leaf]]:
    """The checkpoint and its leaves, one by one. Raises NotAnExport."""
    try:
        checkpoint = SignedCheckpoint.from_json(json.loads(stream.readline()))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise NotAnExport("line 1 is not a checkpoint") from error
    return checkpoint, _leaves(stream)


def _leaves(stream: TextIO) -> Iterator[Leaf]:
    before = -1
    for number, line in enumerate(stream, start=2):
        try:
            balance_id, seq, head = line.split()
            leaf = Leaf(int(balance_id), int(seq), bytes.fromhex(head))
        except ValueError as error:
            raise NotAnExport(f"line {number} is not a leaf") from error
        if leaf.balance_id <= before or leaf.seq < 1 or len(leaf.head) != 32:
            raise NotAnExport(f"line {number} is out of order or not a leaf")
        before = leaf.balance_id
        yield leaf


def problems(checkpoint: SignedCheckpoint, leaves: Iterable[Leaf], *, public_key: bytes) -> list[str]:
    """What speaks against an export; nothing when it is proved. Raises NotAnExport."""
    tree = Tree()
    for leaf in leaves:
        tree.add(leaf)
    found = []
    if not checkpoint.is_signed_by(public_key):
        found.append("this key did not sign this checkpoint")
    if tree.count != checkpoint.count:
        found.append(f"the leaves count {tree.count} postings, the checkpoint {checkpoint.count}")
    if tree.root() != checkpoint.root:
        found.append("the leaves do not have the root that was signed")
    return found
