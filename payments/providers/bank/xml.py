"""Reading the bank's XML piece by piece: memory stays that of one entry, whatever the file's size.

Tags are matched without their namespace, so every version of a message reads the same; elements we do not know are
passed over. Documents with a DTD or entities are refused (defusedxml).
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import TYPE_CHECKING

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, iterparse

from ledger import currencies
from ledger.errors import AmountOutOfRange, CurrencyUnknown
from ledger.money import Money

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from xml.etree.ElementTree import Element

_AMOUNT = re.compile(r"\+?\d{1,18}(\.\d{0,17})?")


class Unreadable(Exception):
    """Not XML, not safe XML, or without what its schema demands. The text holds no personal data."""


class _Locals(dict[str, str]):
    """Tags without their namespace, remembered: a statement of 10,000 entries asks three million times."""

    def __missing__(self, tag: str) -> str:
        if len(self) > _REMEMBERED_MAX:
            self.clear()
        self[tag] = name = str(tag).rpartition("}")[2]
        return name


_REMEMBERED_MAX = 5_000
_LOCAL = _Locals()


def pieces(body: bytes, tags: Collection[str]) -> Iterator[tuple[str, Element]]:
    """Each element of ``tags`` once it is complete, with its tag; then it is forgotten.

    The start of one is told as well, as ``"<tag"``. Raises Unreadable, if need be in the middle.
    """
    above: list[Element] = []
    try:
        for event, element in iterparse(BytesIO(body), events=("start", "end"), forbid_dtd=True):
            tag = _LOCAL[element.tag]
            if event == "start":
                if tag in tags:
                    yield f"<{tag}", element
                above.append(element)
                continue
            above.pop()
            if tag in tags:
                yield tag, element
                if above:
                    above[-1].remove(element)
                element.clear()
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise Unreadable(type(error).__name__) from error


def local(element: Element) -> str:
    """The tag without its namespace."""
    return _LOCAL[element.tag]


def children(element: Element, tag: str) -> list[Element]:
    """The direct children of that name, whatever their namespace."""
    return [child for child in element if _LOCAL[child.tag] == tag]


def first(element: Element | None, path: str) -> Element | None:
    """The first element under ``path`` ("a/b/c"), or None."""
    for tag in path.split("/"):
        if element is None:
            return None
        for child in element:
            if _LOCAL[child.tag] == tag:
                element = child
                break
        else:
            return None
    return element


def text(element: Element | None, *paths: str) -> str:
    """The text under the first of ``paths`` that has one, without the space around it; else ""."""
    for path in paths:
        found = first(element, path)
        if found is not None and found.text and found.text.strip():
            return found.text.strip()
    return ""


def money(element: Element | None, *paths: str) -> Money | None:
    """An amount with its ``Ccy``, exact in minor units; None when it is left out. Raises Unreadable."""
    for path in paths:
        found = first(element, path)
        if found is not None:
            return _money(found.text or "", found.get("Ccy", ""))
    return None


def _money(written: str, currency: str) -> Money:
    written = written.strip()
    if not _AMOUNT.fullmatch(written):
        raise Unreadable("amount")
    try:
        minor = Decimal(written).scaleb(currencies.exponent(currency))
        if minor != minor.to_integral_value():
            raise Unreadable("amount finer than its currency")
        return Money(int(minor), currency)
    except (CurrencyUnknown, AmountOutOfRange) as error:
        raise Unreadable(error.code) from error


def day(element: Element | None, *paths: str) -> date | None:
    """The date under ``Dt`` or ``DtTm`` of the first of ``paths`` that has one (or its own text), or None."""
    for path in paths:
        written = text(element, f"{path}/Dt", f"{path}/DtTm", path)
        if written:
            try:
                return date.fromisoformat(written[:10])
            except ValueError as error:
                raise Unreadable("date") from error
    return None
