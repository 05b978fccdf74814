"""How dates and times read, per language (``FORMAT_MODULE_PATH``). Money has its own rules: ledger/formatting.py."""
