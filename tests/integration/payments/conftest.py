"""One simulator and one webhook receiver for a module; each test finds both behaving and empty-handed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.simulator import Simulator
from tests.fakes.webhook_receiver import WebhookReceiver


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
