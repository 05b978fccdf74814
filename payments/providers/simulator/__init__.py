"""A stranger that speaks Stripe's HTTP: its own process, imported by nobody, knowing nothing of the wallet.

Start it with ``python -m payments.providers.simulator``. What it does and how to steer it: docs/concepts/providers.md.
"""
