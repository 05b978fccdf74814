"""Every refusal in the code has its row in the catalogue, and every row reads well in both languages."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import pytest
from django.utils import translation

from wallet_project.error_catalogue import ENTRIES
from wallet_project.lib.describing import Entry
from wallet_project.lib.errors import WalletError

ROOT = Path(__file__).resolve().parents[2]


def _load_everything() -> None:
    for folder in ("accounts", "ledger", "payments", "support", "transfers", "wallet_project"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            if not re.search(r"migrations|settings|simulator|management|local|wsgi|asgi|__main__", name):
                import_module(name.removesuffix(".__init__"))


def _subclasses(kind: type[WalletError]) -> set[type[WalletError]]:
    return {kind}.union(*(_subclasses(child) for child in kind.__subclasses__()))


def test_every_code_has_one_row() -> None:
    _load_everything()
    rows = [entry.code for entry in ENTRIES]
    assert len(rows) == len(set(rows))
    raised = {kind.code for kind in _subclasses(WalletError)}
    assert raised - set(rows) == set()


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.code)
def test_a_row_is_complete_and_translated(entry: Entry) -> None:
    assert 400 <= entry.status <= 599
    for sentence in (entry.title, entry.detail, entry.next_step):
        with translation.override("en"):
            english = str(sentence)
        with translation.override("zh-hans"):
            chinese = str(sentence)
        assert english
        assert chinese != english, f"{entry.code}: {english!r} has no Chinese"
        assert sorted(re.findall(r"%\((\w+)\)s", chinese)) == sorted(re.findall(r"%\((\w+)\)s", english))
