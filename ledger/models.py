"""Ledger rows, for reading. The tables are made by ledger/sql; only the SQL functions write.

Tables have the key (book, …): the models are unmanaged, name each other by plain ids, and read one book.
"""

from __future__ import annotations

from typing import ClassVar, Self, TypeVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from ledger import book
from wallet_project.lib import ids

FLAG_NO_DEBIT = 1
FLAG_NO_CREDIT = 2
FLAG_CLOSED = 4

Row = TypeVar("Row", bound=models.Model)


class BookManager(models.Manager[Row]):
    """Sees the rows of our own book."""

    def get_queryset(self) -> models.QuerySet[Row]:
        return super().get_queryset().filter(book=book.current())


class Account(models.Model):
    """Whose money, of which kind, in which currency. What it holds is in its balances."""

    book = models.IntegerField(default=1)
    id = models.BigIntegerField(primary_key=True)
    public_id = models.UUIDField()
    owner_kind = models.TextField()
    owner_id = models.UUIDField()
    code = models.TextField()
    kind = models.TextField()
    currency = models.TextField()
    stripes = models.SmallIntegerField(default=1)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    objects: ClassVar[BookManager[Self]] = BookManager()

    class Meta:
        managed = False
        db_table = "ledger_account"
        verbose_name = _("account in the books")
        verbose_name_plural = _("accounts in the books")

    def __str__(self) -> str:
        return f"{self.code} {self.currency} {self.public_id}"


class Balance(models.Model):
    """One stripe of an account: the hot row. ``posted - held`` is available."""

    book = models.IntegerField(default=1)
    id = models.BigIntegerField(primary_key=True)
    account = models.BigIntegerField()
    stripe = models.SmallIntegerField(default=0)
    posted = models.BigIntegerField(default=0)
    held = models.BigIntegerField(default=0)
    floor = models.BigIntegerField(null=True)
    ceiling = models.BigIntegerField(null=True)
    flags = models.SmallIntegerField(default=0)
    seq = models.BigIntegerField(default=0)
    last_at = models.DateTimeField()
    head = models.BinaryField()

    objects: ClassVar[BookManager[Self]] = BookManager()

    class Meta:
        managed = False
        db_table = "ledger_balance"


class Entry(models.Model):
    """One movement, never changed. Its postings add up to zero in each currency."""

    book = models.IntegerField(default=1)
    id = models.UUIDField(primary_key=True)
    kind = models.TextField()
    request_hash = models.BinaryField()
    reverses = models.UUIDField(null=True)
    effective_at = models.DateTimeField()
    created_at = models.DateTimeField()
    tx = models.BigIntegerField()
    actor = models.TextField()
    reference = models.TextField()
    details = models.JSONField(default=dict)

    objects: ClassVar[BookManager[Self]] = BookManager()

    class Meta:
        managed = False
        db_table = "ledger_entry"
        verbose_name = _("entry")
        verbose_name_plural = _("entries")

    def __str__(self) -> str:
        return ids.public("ent", self.id)


class Posting(models.Model):
    """One line of an entry on one balance, with the balance after it and its place in the chain."""

    pk = models.CompositePrimaryKey("book", "entry", "line")
    book = models.IntegerField(default=1)
    entry = models.UUIDField()
    line = models.SmallIntegerField()
    account = models.BigIntegerField()
    stripe = models.SmallIntegerField()
    seq = models.BigIntegerField()
    currency = models.TextField()
    amount = models.BigIntegerField()
    posted_after = models.BigIntegerField()
    held_after = models.BigIntegerField()
    effective_at = models.DateTimeField()
    created_at = models.DateTimeField()
    hash = models.BinaryField()

    objects: ClassVar[BookManager[Self]] = BookManager()

    class Meta:
        managed = False
        db_table = "ledger_posting"


class Hold(models.Model):
    """Money reserved on an account: not available, still its owner's."""

    class State(models.TextChoices):
        OPEN = "OPEN"
        CAPTURED = "CAPTURED"
        RELEASED = "RELEASED"
        EXPIRED = "EXPIRED"

    book = models.IntegerField(default=1)
    id = models.UUIDField(primary_key=True)
    version = models.IntegerField(default=1)
    account = models.BigIntegerField()
    destination = models.BigIntegerField(null=True)
    amount = models.BigIntegerField()
    captured = models.BigIntegerField(default=0)
    released = models.BigIntegerField(default=0)
    expires_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    reason = models.TextField()
    state = models.TextField(choices=State.choices, default=State.OPEN)

    objects: ClassVar[BookManager[Self]] = BookManager()

    class Meta:
        managed = False
        db_table = "ledger_hold"
        verbose_name = _("hold")
        verbose_name_plural = _("holds")

    def __str__(self) -> str:
        return str(self.id)


class HoldEvent(models.Model):
    """What happened to a hold, never changed."""

    pk = models.CompositePrimaryKey("book", "hold", "no")
    book = models.IntegerField(default=1)
    hold = models.UUIDField()
    no = models.IntegerField()
    kind = models.TextField()
    amount = models.BigIntegerField()
    entry = models.UUIDField(null=True)
    expires_at = models.DateTimeField(null=True)
    at = models.DateTimeField()
    created_at = models.DateTimeField()
    hash = models.BinaryField(null=True)

    objects: ClassVar[BookManager[Self]] = BookManager()

    class Meta:
        managed = False
        db_table = "ledger_hold_event"


class Checkpoint(models.Model):
    """A signed Merkle root over all balance heads up to a watermark."""

    book = models.IntegerField(default=1)
    no = models.IntegerField(primary_key=True)
    watermark = models.BigIntegerField()
    count = models.BigIntegerField()
    root = models.BinaryField()
    previous_root = models.BinaryField(null=True)
    signature = models.BinaryField()
    created_at = models.DateTimeField()
    key_id = models.TextField()

    objects: ClassVar[BookManager[Self]] = BookManager()

    class Meta:
        managed = False
        db_table = "ledger_checkpoint"
        verbose_name = _("checkpoint")
        verbose_name_plural = _("checkpoints")

    def __str__(self) -> str:
        return str(self.no)


class AccountEvent(models.Model):
    """What an account was allowed from when on, never changed."""

    pk = models.CompositePrimaryKey("book", "account", "no")
    book = models.IntegerField(default=1)
    account = models.BigIntegerField()
    no = models.IntegerField()
    kind = models.TextField()
    flags = models.SmallIntegerField()
    floor = models.BigIntegerField(null=True)
    ceiling = models.BigIntegerField(null=True)
    at = models.DateTimeField()
    created_at = models.DateTimeField()
    hash = models.BinaryField()

    objects: ClassVar[BookManager[Self]] = BookManager()

    class Meta:
        managed = False
        db_table = "ledger_account_event"


class Check(models.Model):
    """What one look at the whole ledger found. ``wrong``: [[check, where, found], …], the first rows."""

    book = models.IntegerField(default=1)
    no = models.IntegerField(primary_key=True)
    begun_at = models.DateTimeField()
    took_ms = models.BigIntegerField()
    postings = models.BigIntegerField()
    since = models.DateTimeField(null=True)
    wrong = models.JSONField()

    objects: ClassVar[BookManager[Self]] = BookManager()

    class Meta:
        managed = False
        db_table = "ledger_check"
        verbose_name = _("check of the books")
        verbose_name_plural = _("checks of the books")

    def __str__(self) -> str:
        return str(self.no)
