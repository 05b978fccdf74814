"""Writing pain.001.001.09: sepaxml builds it and checks it against the schema it ships.

10,000 payments: 0.3 s to build, 3 s to validate, 120 MB at the peak, so the whole file is checked, not a sample.
sepaxml makes up MsgId, PmtInfId and the time of creation; ours are given, so that the same file is written again
byte for byte.
"""

from __future__ import annotations

import re
from datetime import UTC
from typing import TYPE_CHECKING, Any

from sepaxml import SepaTransfer
from sepaxml.validation import ValidationError
from text_unidecode import unidecode

if TYPE_CHECKING:
    from datetime import datetime

    from payments.providers.bank.facts import Payment, PaymentFile

SCHEMA = "pain.001.001.09"
CURRENCY = "EUR"
NAME_MAX, REMITTANCE_MAX = 70, 140
_OUTSIDE_SEPA = re.compile(r"[^A-Za-z0-9/\-?:().,'+ ]+")
# The schema's own patterns: one payment outside them would make the bank refuse the whole file.
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Za-z0-9]{1,30}")
_BIC = re.compile(r"[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?")
_END_TO_END_ID = re.compile(r"[A-Za-z0-9]{1,35}")


class Unwritable(Exception):
    """The file would not be valid: a defect of ours, found before anything left."""


def sepa_text(text: str, *, limit: int) -> str:
    """``text`` in the characters every SEPA bank takes (EPC217-08): letters without marks, digits, ``/-?:().,'+``."""
    plain = " ".join(_OUTSIDE_SEPA.sub(" ", unidecode(text)).split())
    return plain[:limit].strip() or "NOTPROVIDED"


def is_writable(payment: Payment) -> bool:
    """Whether a file with this payment can be valid. The others of its file must not suffer from it."""
    return bool(
        payment.amount.currency == CURRENCY
        and 0 < payment.amount.amount_minor < 10**11
        and _IBAN.fullmatch(payment.iban)
        and _BIC.fullmatch(payment.bic)
        and _END_TO_END_ID.fullmatch(payment.end_to_end_id)
    )


def write(file: PaymentFile) -> bytes:
    """The file's bytes, valid by the schema. Raises Unwritable."""
    debtor = file.debtor
    config = {"name": debtor.name, "IBAN": debtor.iban, "BIC": debtor.bic, "batch": True, "currency": CURRENCY}
    document = _Document(config, message_id=file.message_id, created_at=file.created_at)
    for payment in file.payments:
        if not is_writable(payment):
            raise Unwritable(f"payment {payment.end_to_end_id} cannot be written")
        document.add_payment(
            {
                "name": sepa_text(payment.holder_name, limit=NAME_MAX),
                "IBAN": payment.iban,
                "BIC": payment.bic,
                "amount": payment.amount.amount_minor,
                "execution_date": file.execute_on,
                "description": sepa_text(payment.remittance, limit=REMITTANCE_MAX),
                "endtoend_id": payment.end_to_end_id,
            }
        )
    try:
        written: bytes = document.export(validate=True)
    except ValidationError as error:
        raise Unwritable(str(error.__cause__)) from error
    return written


class _Document(SepaTransfer):
    """sepaxml's document with identifiers and a time of ours."""

    def __init__(self, config: dict[str, Any], *, message_id: str, created_at: datetime) -> None:
        self._message_id, self._created_at = message_id, created_at
        super().__init__(config, schema=SCHEMA, clean=True)

    def _create_header(self) -> None:
        self.msg_id = self._message_id
        super()._create_header()
        written = self._created_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        self._xml.find(f"{self.root_el}/GrpHdr/CreDtTm").text = written

    def _finalize_batch(self) -> None:
        super()._finalize_batch()
        for number, group in enumerate(self._xml.findall(f"{self.root_el}/PmtInf"), 1):
            group.find("PmtInfId").text = f"{self._message_id}-{number}"
            # Booked one by one: the statement names each payment instead of one sum for all.
            group.find("BtchBookg").text = "false"
