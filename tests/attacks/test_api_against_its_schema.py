"""Every endpoint is sent what its schema allows, and what it does not: it never breaks, and keeps its word."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
import requests
import schemathesis
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

from tests.factories.sessions import app_token
from wallet_project.lib.describing import catalogue

if TYPE_CHECKING:
    from accounts.identity.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(900)]

EXAMPLES = 10
"""Per endpoint and kind of input; always the same ones."""
CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance]
BASE = "http://testserver"


def _through_client(case: schemathesis.Case, token: str) -> schemathesis.Response:
    """The case as a request inside the test's transaction; its answer as schemathesis reads one."""
    asked = requests.Request(**case.as_transport_kwargs(base_url=BASE)).prepare()
    headers = {**asked.headers, "X-Session-Token": token, "Idempotency-Key": uuid4().hex}
    content_type = headers.pop("Content-Type", "application/json")
    headers.pop("Content-Length", None)
    given_body = asked.body or b""
    answer: Any = Client(raise_request_exception=False).generic(
        str(asked.method), asked.path_url, given_body, content_type=content_type, headers=headers
    )
    said = {name: [value] for name, value in answer.headers.items()}
    return schemathesis.Response(answer.status_code, said, answer.content, asked, elapsed=0.0, verify=False)


def _published() -> dict[str, Any]:
    schema: dict[str, Any] = Client().get("/api/v1/schema/").json()
    return schema


def _try(operation: schemathesis.APIOperation, mode: GenerationMode, token: str, settings: Any) -> set[int]:
    """Sends a few requests and checks each answer; the statuses that came back, none where nothing can be sent."""
    statuses: set[int] = set()

    @examples(
        max_examples=EXAMPLES, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck)
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def send(case: schemathesis.Case) -> None:
        settings.RATELIMIT_PREFIX = f"test:{uuid4()}"
        answer = _through_client(case, token)
        statuses.add(answer.status_code)
        case.validate_response(answer, checks=CHECKS)
        if answer.status_code >= 400 and "json" in answer.headers["content-type"][0]:
            assert answer.json()["code"] in catalogue()

    with suppress(Unsatisfiable):  # an address without input has nothing that is not allowed
        send()
    return statuses


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["allowed", "not allowed"])
def test_every_endpoint_keeps_its_word(alice: User, settings: Any, mode: GenerationMode) -> None:
    token = app_token(alice)
    schema = schemathesis.openapi.from_dict(_published())
    tried = [_try(found.ok(), mode, token, settings) for found in schema.get_all_operations()]
    assert len([statuses for statuses in tried if statuses]) > 20
    assert {200, 400, 404} <= set().union(*tried)


def test_a_broken_promise_would_be_found(alice: User, settings: Any) -> None:
    published = _published()
    published["components"]["schemas"]["Wallet"]["required"].append("interest")
    operation = schemathesis.openapi.from_dict(published)["/api/v1/wallets/"]["GET"]
    with pytest.raises(FailureGroup, match="Response violates schema"):
        _try(operation, GenerationMode.POSITIVE, app_token(alice), settings)
