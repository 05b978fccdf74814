"""One simulator, one webhook receiver and one bank for a module; each test finds them behaving and empty-handed."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from tests.fakes.bank import Bank
from tests.fakes.lossy_line import LossyLine
from tests.fakes.simulator import API_KEY, WEBHOOK_SECRET, Simulator
from tests.fakes.webhook_receiver import WebhookReceiver

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_django.fixtures import SettingsWrapper


@pytest.fixture(scope="module")
def webhook_receiver_of_module() -> Iterator[WebhookReceiver]:
    with WebhookReceiver() as receiver:
        yield receiver


@pytest.fixture(scope="module")
def simulator_of_module(
    tmp_path_factory: pytest.TempPathFactory, webhook_receiver_of_module: WebhookReceiver
) -> Iterator[Simulator]:
    state: Path = tmp_path_factory.mktemp("simulator")
    with Simulator(state, webhook_receiver_of_module.url) as simulator:
        yield simulator


@pytest.fixture
def simulator(simulator_of_module: Simulator, webhook_receiver_of_module: WebhookReceiver) -> Simulator:
    webhook_receiver_of_module.forget()
    simulator_of_module.order("clear")
    simulator_of_module.order("webhooks/retry")
    simulator_of_module.settle()
    webhook_receiver_of_module.forget()
    return simulator_of_module


@pytest.fixture
def receiver(simulator: Simulator, webhook_receiver_of_module: WebhookReceiver) -> WebhookReceiver:
    return webhook_receiver_of_module


@pytest.fixture
def cards(simulator: Simulator, settings: SettingsWrapper) -> Simulator:
    """The simulator as the wallet's own card provider; its webhooks wait in ``receiver`` until a test delivers them."""
    settings.STRIPE_API_BASE = simulator.url
    settings.STRIPE_API_KEY = API_KEY
    settings.STRIPE_WEBHOOK_SECRETS = [WEBHOOK_SECRET]
    settings.RATELIMIT_PREFIX = f"test:{uuid4()}"
    return simulator


@pytest.fixture(scope="module")
def bank_of_module() -> Iterator[Bank]:
    with Bank() as bank:
        yield bank


@pytest.fixture
def bank(bank_of_module: Bank, settings: SettingsWrapper) -> Bank:
    """A bank as new, on its Monday morning, and the wallet's own bank."""
    bank_of_module.renew()
    settings.BANK_URL = bank_of_module.url
    return bank_of_module


@pytest.fixture
def line(bank: Bank, settings: SettingsWrapper) -> Iterator[LossyLine]:
    """The same bank, at the end of a line that can lose things."""
    with LossyLine(bank.url) as line:
        settings.BANK_URL = line.url
        yield line
