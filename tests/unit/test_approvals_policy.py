"""What an agreement is bound to, and its reason."""

from __future__ import annotations

from uuid import UUID

import pytest

from accounts.approvals.errors import ReasonMissing
from accounts.approvals.policy import REASON_LENGTH_MAX, payload_hash, plain, require_reason

ONE = UUID("0190c9a0-0000-7000-8000-000000000001")
OTHER = UUID("0190c9a0-0000-7000-8000-000000000002")


class TestPayloadHash:
    def test_does_not_depend_on_the_order_of_the_values(self) -> None:
        one = payload_hash(purpose="x", subject_id=ONE, payload={"a": 1, "b": [ONE]})
        assert one == payload_hash(purpose="x", subject_id=ONE, payload={"b": [str(ONE)], "a": 1})

    def test_differs_by_value_subject_and_purpose(self) -> None:
        hashes = {
            payload_hash(purpose="x", subject_id=ONE, payload={"a": 1}),
            payload_hash(purpose="x", subject_id=ONE, payload={"a": 2}),
            payload_hash(purpose="x", subject_id=ONE, payload={"a": "1"}),
            payload_hash(purpose="x", subject_id=OTHER, payload={"a": 1}),
            payload_hash(purpose="y", subject_id=ONE, payload={"a": 1}),
        }
        assert len(hashes) == 5

    def test_refuses_floats(self) -> None:
        with pytest.raises(TypeError, match="float"):
            plain({"amount": 1.5})


class TestReason:
    @pytest.mark.parametrize("text", ["", "  ", "\n\t"])
    def test_nothing_is_no_reason(self, text: str) -> None:
        with pytest.raises(ReasonMissing) as refusal:
            require_reason(text)
        assert refusal.value.fields == {"reason": "reason_missing"}

    def test_is_one_line_of_bounded_length(self) -> None:
        assert require_reason("  wrong\n name ") == "wrong name"
        assert len(require_reason("x" * 2_000)) == REASON_LENGTH_MAX


def test_a_reason_reads_the_same_for_who_agrees() -> None:
    assert require_reason(" paid \u202edrow\u202c\x00 \u2066twice\u2069\n") == "paid drow twice"
    assert require_reason("\U0001f468\u200d\U0001f33e") == "\U0001f468\u200d\U0001f33e"
    with pytest.raises(ReasonMissing):
        require_reason("\u202e \u200e")
