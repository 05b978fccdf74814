"""What comes after a charge: refunds, and the disputes, inquiries and warnings some test cards bring."""

from payments.providers.simulator.store import Json
from payments.providers.simulator.stripe import objects
from payments.providers.simulator.stripe.cards import BY_NUMBER, Card
from payments.providers.simulator.stripe.events import emit
from payments.providers.simulator.stripe.wire import ApiError, Params, missing
from payments.providers.simulator.world import World, new_id

REFUND_SETTLES_AFTER_SECONDS = 60
EVIDENCE_DUE_SECONDS = 7 * 24 * 3600
REASON_CODES = {"fraudulent": "10.4", "product_not_received": "13.1"}


def follow(world: World, charge: Json, card: Card) -> None:
    """Bring about what the card's number announces, right after the money was taken."""
    if card.dispute_reason:
        dispute(world, charge["id"], card.dispute_reason, inquiry=card.inquiry)
    if card.early_warning:
        warning = {
            "id": new_id("issfr_1", 23),
            "object": "radar.early_fraud_warning",
            "actionable": True,
            "charge": charge["id"],
            "created": world.now(),
            "fraud_type": "unauthorized_use_of_card",
            "livemode": False,
            "payment_intent": charge["payment_intent"],
        }
        emit(world, "radar.early_fraud_warning.created", world.store.put(warning))
    if card.risk == "elevated":
        review = {
            "id": new_id("prv_1", 23),
            "object": "review",
            "charge": charge["id"],
            "closed_reason": None,
            "created": world.now(),
            "livemode": False,
            "open": True,
            "opened_reason": "rule",
            "payment_intent": charge["payment_intent"],
            "reason": "rule",
        }
        charge["review"] = review["id"]
        world.store.put(charge)
        emit(world, "review.opened", world.store.put(review))


# --- refunds


def create_refund(world: World, params: Params) -> Json:
    """Give a charge back, in whole or in part; never more than is left of it."""
    charge_id, intent_id = params.text("charge"), params.text("payment_intent")
    amount = params.integer("amount", smallest=1)
    reason = params.choice("reason", ("duplicate", "fraudulent", "requested_by_customer"))
    metadata = params.metadata()
    params.done()
    charge = _charge_to_refund(world, charge_id, intent_id)
    left = charge["amount"] - charge["amount_refunded"]
    if left == 0:
        raise ApiError(
            f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded", executed=True
        )
    if (amount or left) > left:
        raise ApiError("Refund amount is greater than unrefunded amount on charge.", param="amount", executed=True)
    return _refund(world, charge, amount or left, reason, metadata)


def _charge_to_refund(world: World, charge_id: str | None, intent_id: str | None) -> Json:
    if intent_id:
        intent = world.store.get(intent_id, "payment_intent")
        if intent is None:
            raise missing("payment_intent", intent_id, "payment_intent")
        charge_id = intent["latest_charge"]
    if not charge_id:
        message = "One of the following params should be provided for this request: payment_intent or charge."
        raise ApiError(message, code="parameter_missing")
    charge = world.store.get(charge_id, "charge")
    if charge is None:
        raise missing("charge", charge_id, "charge")
    if not charge["paid"]:
        raise ApiError(
            f"Charge {charge_id} was not paid and cannot be refunded.", code="charge_not_refundable", executed=True
        )
    if charge["disputed"] and not _only_inquiries(world, charge_id):
        raise ApiError(f"Charge {charge_id} has been charged back.", code="charge_disputed", executed=True)
    return charge


def _only_inquiries(world: World, charge_id: str) -> bool:
    return all(item["is_charge_refundable"] for item in world.store.find("dispute", {"charge": charge_id}))


def _refund(world: World, charge: Json, amount: int, reason: str | None, metadata: dict[str, str]) -> Json:
    card = BY_NUMBER.get(charge["_card"])
    fate = card.refund if card else "succeeded"
    details = {"card": {"reference_status": "pending", "reference_type": "acquirer_reference_number", "type": "refund"}}
    refund = {
        "id": new_id("re_3", 23),
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": charge["id"],
        "created": world.now(),
        "currency": charge["currency"],
        "destination_details": {**details, "type": "card"},
        "failure_reason": None,
        "failure_balance_transaction": None,
        "metadata": metadata,
        "payment_intent": charge["payment_intent"],
        "pending_reason": "processing" if fate == "pending" else None,
        "reason": reason,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "pending" if fate == "pending" else "succeeded",
        "transfer_reversal": None,
    }
    line = world.store.put(objects.balance_transaction(world, "refund", refund, -amount))
    refund["balance_transaction"] = line["id"]
    world.store.put(refund)
    _count_refunded(world, charge, amount)
    emit(world, "refund.created", refund)
    emit(world, "charge.refunded", charge)
    if fate != "succeeded":
        action = "succeed_refund" if fate == "pending" else "fail_refund"
        world.do_later(REFUND_SETTLES_AFTER_SECONDS, action, refund["id"])
    return refund


def _count_refunded(world: World, charge: Json, change: int) -> None:
    charge["amount_refunded"] += change
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    world.store.put(charge)


def succeed_refund(world: World, refund_id: str) -> None:
    """A pending refund has arrived."""
    refund = world.store.get(refund_id) or {}
    refund.update(status="succeeded", pending_reason=None)
    world.store.put(refund)
    emit(world, "refund.updated", refund, before={"status": "pending"})
    emit(world, "charge.refund.updated", refund, before={"status": "pending"})


def fail_refund(world: World, refund_id: str) -> None:
    """The person's bank sent the money back: it is in the merchant's balance again."""
    refund = world.store.get(refund_id) or {}
    line = world.store.put(objects.balance_transaction(world, "refund_failure", refund, refund["amount"]))
    refund.update(status="failed", failure_reason="expired_or_canceled_card", failure_balance_transaction=line["id"])
    world.store.put(refund)
    charge = world.store.get(refund["charge"]) or {}
    _count_refunded(world, charge, -refund["amount"])
    emit(world, "refund.failed", refund, before={"status": "succeeded"})
    emit(world, "charge.refund.updated", refund, before={"status": "succeeded"})


# --- disputes


def dispute(world: World, charge_id: str, reason: str, *, inquiry: bool = False) -> Json:
    """The cardholder's bank takes the charge back, or (an inquiry) only asks about it."""
    charge = world.store.get(charge_id, "charge")
    if charge is None:
        raise missing("charge", charge_id, "charge")
    item: Json = {
        "id": new_id("du_1", 23),
        "object": "dispute",
        "amount": charge["amount"],
        "balance_transactions": [],
        "charge": charge_id,
        "created": world.now(),
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {"uncategorized_text": None},
        "evidence_details": {
            "due_by": world.now() + EVIDENCE_DUE_SECONDS,
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": inquiry,
        "livemode": False,
        "metadata": {},
        "network_reason_code": REASON_CODES.get(reason, "10.4"),
        "payment_intent": charge["payment_intent"],
        "payment_method_details": {
            "card": {"brand": "visa", "case_type": "inquiry" if inquiry else "chargeback"},
            "type": "card",
        },
        "reason": reason,
        "status": "warning_needs_response" if inquiry else "needs_response",
    }
    charge["disputed"] = True
    world.store.put(charge)
    if not inquiry:
        fee = objects.DISPUTE_FEE_MINOR.get(charge["currency"], 0)
        item["balance_transactions"] = [_adjust(world, item, -item["amount"], fee)]
    emit(world, "charge.dispute.created", world.store.put(item))
    if not inquiry:
        emit(world, "charge.dispute.funds_withdrawn", item)
    return item


def _adjust(world: World, item: Json, amount: int, fee: int = 0) -> Json:
    line = objects.balance_transaction(world, "adjustment", item, amount, fee=fee, available_at_once=True)
    return world.store.put(line)


def answer_dispute(world: World, dispute_id: str, params: Params) -> Json:
    """Hand in evidence: the text `winning_evidence` or `losing_evidence` decides at once, as in Stripe's test mode."""
    item = world.store.get(dispute_id, "dispute")
    if item is None:
        raise missing("dispute", dispute_id, "dispute")
    evidence = params.group("evidence")
    text = evidence.text("uncategorized_text", longest=20_000)
    evidence.done()
    params.metadata()
    submitted = params.choice("submit", ("true", "false")) != "false"
    params.done()
    if item["status"] not in {"needs_response", "warning_needs_response"}:
        raise ApiError("This dispute is already closed.", executed=True)
    item["evidence"]["uncategorized_text"] = text
    item["evidence_details"].update(has_evidence=text is not None, submission_count=int(submitted))
    verdict = {"winning_evidence": "won", "losing_evidence": "lost"}.get(text or "") if submitted else None
    if verdict is None:
        emit(world, "charge.dispute.updated", world.store.put(item))
        return item
    return _close(world, item, verdict)


def _close(world: World, item: Json, verdict: str) -> Json:
    inquiry = item["status"] == "warning_needs_response"
    item["status"] = "warning_closed" if inquiry else verdict
    if verdict == "won" and not inquiry:
        item["balance_transactions"].append(_adjust(world, item, item["amount"]))
    emit(world, "charge.dispute.closed", world.store.put(item))
    if verdict == "won" and not inquiry:
        emit(world, "charge.dispute.funds_reinstated", item)
    return item
