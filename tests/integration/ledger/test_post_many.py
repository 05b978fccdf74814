"""Many entries in one call: the same books as one by one, all or none, or a verdict for each."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta

import pytest

from ledger import integrity, selectors, services
from ledger.chart import platform_account_id
from ledger.entries import Capture, EntryDraft, Leg
from ledger.errors import (
    AccountClosed,
    AccountFrozen,
    AmountOutOfRange,
    CaptureExceedsHold,
    CaptureMismatch,
    CeilingExceeded,
    CurrencyMismatch,
    EntryIdReused,
    HoldNotOpen,
    InsufficientFunds,
    LedgerError,
    ReversalReversed,
    UnknownAccount,
    UnknownHold,
)
from ledger.facts import HoldView, Posted
from ledger.models import Entry, HoldEvent, Posting
from ledger.money import BIGINT_MAX, Money
from tests.factories.ledger import AT, amounts, clearing, draft, post, wallet
from wallet_project.lib import db, ids

pytestmark = pytest.mark.django_db
LATER = AT + timedelta(minutes=15)


def many(*drafts: EntryDraft) -> list[Posted]:
    with db.transaction():
        return services.post_many(drafts)


def each(*drafts: EntryDraft) -> list[str]:
    """ "posted", "replayed" or the code of the refusal, per draft."""
    with db.transaction():
        return [said(answer) for answer in services.post_each(drafts)]


def said(answer: Posted | LedgerError) -> str:
    if isinstance(answer, LedgerError):
        return answer.code
    return "replayed" if answer.replayed else "posted"


def hold(account_id: int, minor: int, **options: object) -> HoldView:
    with db.transaction():
        return services.place_hold(
            hold_id=ids.uuid7(),
            account_id=account_id,
            amount=Money(minor, "EUR"),
            reason="PAYOUT",
            expires_at=options.pop("expires_at", None),  # type: ignore[arg-type]  # a moment or None
            at=AT,
            **options,  # type: ignore[arg-type]  # as place_hold takes them
        )


def right(*account_ids: int) -> None:
    assert [integrity.check(account_id=account_id) for account_id in account_ids] == [[] for _ in account_ids]


class TestAllOrNone:
    def test_posts_in_their_order(self) -> None:
        """Bob passes on what the entry before has brought him."""
        alice, bob, carol = wallet(minor=1_000), wallet(), wallet()
        first, second = draft(alice.id, bob.id, 700), draft(bob.id, carol.id, 600)
        posted = many(first, second)
        assert [entry.entry_id for entry in posted] == [first.entry_id, second.entry_id]
        assert {(b.account_id, b.posted_minor) for b in posted[0].balances} == {(alice.id, 300), (bob.id, 700)}
        assert {(b.account_id, b.posted_minor) for b in posted[1].balances} == {(bob.id, 100), (carol.id, 600)}
        assert amounts(alice.id, bob.id, carol.id) == [(300, 0), (100, 0), (600, 0)]
        right(alice.id, bob.id, carol.id, clearing())

    def test_posts_nothing_when_one_is_refused(self) -> None:
        alice, bob, carol = wallet(minor=1_000), wallet(), wallet()
        with pytest.raises(InsufficientFunds) as refused:
            many(draft(alice.id, carol.id, 700), draft(bob.id, carol.id, 1))
        assert refused.value.params == {
            "account_id": bob.id, "currency": "EUR", "needed_minor": 1, "available_minor": 0,
        }  # fmt: skip
        assert amounts(alice.id, bob.id, carol.id) == [(1_000, 0), (0, 0), (0, 0)]
        assert Posting.objects.filter(account=carol.id).count() == 0

    def test_none_is_none(self) -> None:
        assert many() == []

    def test_again_is_a_replay(self) -> None:
        alice, bob = wallet(minor=1_000), wallet()
        one, two, three = (draft(alice.id, bob.id, minor) for minor in (100, 200, 300))
        first = many(one, two)
        again = many(one, three, two)
        assert [entry.replayed for entry in again] == [True, False, True]
        assert (again[0].balances, again[2].balances) == (first[0].balances, first[1].balances)
        assert amounts(alice.id, bob.id) == [(400, 0), (600, 0)]

    def test_twice_in_one_batch_is_once(self) -> None:
        alice, bob = wallet(minor=1_000), wallet()
        one = draft(alice.id, bob.id, 100)
        assert [entry.replayed for entry in many(one, one)] == [False, True]
        with pytest.raises(EntryIdReused):
            many(one, draft(alice.id, bob.id, 101, intent=one.intent_id))
        other = draft(alice.id, bob.id, 5)
        with pytest.raises(EntryIdReused):
            many(other, draft(alice.id, bob.id, 6, intent=other.intent_id))
        assert amounts(alice.id, bob.id) == [(900, 0), (100, 0)]

    def test_needs_a_transaction(self) -> None:
        with pytest.raises(db.NotInTransaction):
            services.post_many([draft(clearing(), wallet().id, 1)])

    def test_lapsed_holds_make_room(self) -> None:
        alice, bob = wallet(minor=1_000), wallet()
        lapsed = hold(alice.id, 900, expires_at=LATER)
        many(*(draft(alice.id, bob.id, 500, effective_at=LATER) for _ in range(2)))
        assert amounts(alice.id, bob.id) == [(0, 0), (1_000, 0)]
        assert selectors.hold(lapsed.id).state == "EXPIRED"
        right(alice.id, bob.id)

    def test_other_stripes_are_gathered(self) -> None:
        merchant, bob = wallet(code="merchant", stripes=4), wallet()
        for _ in range(12):
            post(clearing(), merchant.id, 100)
        many(*(draft(merchant.id, bob.id, 400) for _ in range(3)))
        assert amounts(merchant.id, bob.id) == [(0, 0), (1_200, 0)]
        assert Entry.objects.filter(kind="sweep").count() == 1
        right(merchant.id, bob.id)

    def test_a_reversal_is_not_reversed(self) -> None:
        alice, bob = wallet(minor=1_000), wallet()
        sent = post(alice.id, bob.id, 100)
        with db.transaction():
            undone = services.reverse(
                entry_id=sent.entry_id, intent_id=ids.uuid7(), step="undo", at=AT, actor="staff:1"
            )
        with pytest.raises(ReversalReversed) as refused:
            many(draft(alice.id, bob.id, 100, reverses=undone.entry_id))
        assert refused.value.params == {"entry_id": str(undone.entry_id)}
        assert amounts(alice.id, bob.id) == [(1_000, 0), (0, 0)]

    def test_large_entries(self) -> None:
        payer, payees = wallet(minor=10_000), [wallet() for _ in range(40)]
        legs = (Leg(payer.id, -40, "EUR"), *(Leg(payee.id, 1, "EUR") for payee in payees))
        many(*(draft(0, 0, 0, legs=legs) for _ in range(25)))
        assert amounts(payer.id, payees[0].id, payees[39].id) == [(9_000, 0), (25, 0), (25, 0)]
        right(payer.id, payees[0].id, payees[39].id)


class TestEach:
    def test_says_of_each_why(self) -> None:
        alice, poor, frozen, closed, full = (
            wallet(minor=1_000), wallet(minor=10), wallet(minor=500), wallet(), wallet(minor=90, ceiling_minor=100),
        )  # fmt: skip
        dollars = wallet(currency="USD")
        services.freeze(account_id=frozen.id, debit=True, credit=False, at=AT)
        services.close_account(account_id=closed.id, at=AT)
        rich = wallet(floor_minor=None)
        post(wallet(floor_minor=None).id, rich.id, BIGINT_MAX - 5)
        known = draft(alice.id, poor.id, 1)
        many(known)
        answers = each(
            draft(alice.id, frozen.id, 100),
            draft(poor.id, alice.id, 12),
            draft(frozen.id, alice.id, 1),
            draft(alice.id, closed.id, 1),
            draft(alice.id, full.id, 11),
            draft(alice.id, full.id, 10),
            draft(alice.id, full.id, 1),
            draft(alice.id, dollars.id, 1),
            draft(alice.id, 77, 1),
            draft(alice.id, rich.id, 6),
            known,
            draft(alice.id, poor.id, 2, intent=known.intent_id),
            draft(poor.id, alice.id, 11),
        )
        assert answers == [
            "posted",
            InsufficientFunds.code,
            AccountFrozen.code,
            AccountClosed.code,
            CeilingExceeded.code,
            "posted",
            CeilingExceeded.code,
            CurrencyMismatch.code,
            UnknownAccount.code,
            AmountOutOfRange.code,
            "replayed",
            EntryIdReused.code,
            "posted",
        ]
        assert amounts(alice.id, poor.id, frozen.id, full.id) == [(900, 0), (0, 0), (600, 0), (100, 0)]
        right(alice.id, poor.id, frozen.id, full.id, rich.id)

    def test_what_is_refused_gives_no_one_anything(self) -> None:
        """The second leg is refused; the first leg's credit must not pay for the next entry."""
        alice, bob = wallet(), wallet(minor=5)
        legs = (Leg(alice.id, 50, "EUR"), Leg(bob.id, -50, "EUR"))
        assert each(draft(0, 0, 0, legs=legs), draft(alice.id, bob.id, 50), draft(bob.id, alice.id, 5)) == [
            InsufficientFunds.code, InsufficientFunds.code, "posted",
        ]  # fmt: skip
        assert amounts(alice.id, bob.id) == [(5, 0), (0, 0)]

    def test_all_refused(self) -> None:
        alice, bob = wallet(), wallet()
        assert each(draft(alice.id, bob.id, 1), draft(bob.id, alice.id, 1)) == [InsufficientFunds.code] * 2
        assert Posting.objects.filter(account__in=[alice.id, bob.id]).count() == 0

    def test_the_transaction_goes_on(self) -> None:
        alice, bob = wallet(minor=10), wallet()
        with db.transaction():
            (refusal,) = services.post_each([draft(alice.id, bob.id, 11)])
            services.post(draft(alice.id, bob.id, 10))
        assert isinstance(refusal, InsufficientFunds)
        assert amounts(alice.id, bob.id) == [(0, 0), (10, 0)]

    def test_despite_a_freeze(self) -> None:
        alice, bob = wallet(minor=10), wallet()
        services.freeze(account_id=alice.id, debit=True, credit=True, at=AT)
        with db.transaction():
            (posted,) = services.post_each([draft(alice.id, bob.id, 10)], despite_freeze=True)
        assert said(posted) == "posted"


class TestCaptures:
    def test_ten_holds_at_once(self) -> None:
        bank = clearing()
        people = [wallet(minor=100) for _ in range(10)]
        holds = [hold(person.id, 90, destination_account_id=bank) for person in people]
        captures = [Capture(held.id, draft(held.account_id, bank, 90)) for held in holds]
        with db.transaction():
            posted = services.capture_many(captures, at=AT)
        assert [entry.replayed for entry in posted] == [False] * 10
        assert amounts(*(person.id for person in people)) == [(10, 0)] * 10
        assert {selectors.hold(held.id).state for held in holds} == {"CAPTURED"}
        events = HoldEvent.objects.filter(hold=holds[3].id).order_by("no").values_list("no", "kind", "amount", "entry")
        assert list(events) == [(1, "PLACED", 90, None), (2, "CAPTURED", 90, captures[3].draft.entry_id)]
        with db.transaction():
            assert [entry.replayed for entry in services.capture_many(captures, at=LATER)] == [True] * 10
        right(*(person.id for person in people), bank)

    def test_parts_of_one_hold(self) -> None:
        merchant, bank = wallet(code="merchant", stripes=4, minor=1_100), clearing()
        held = hold(merchant.id, 1_000)
        parts = [Capture(held.id, draft(merchant.id, bank, 300), Money(minor, "EUR")) for minor in (300, 200, 300)]
        with db.transaction():
            services.capture_many(parts, at=AT)
        after = selectors.hold(held.id)
        assert (after.state, after.captured_minor, after.remaining_minor) == ("OPEN", 800, 200)
        assert amounts(merchant.id) == [(200, 200)]
        right(merchant.id)

    def test_says_of_each_why(self) -> None:
        alice, bob, bank = wallet(minor=1_000), wallet(minor=1_000), clearing()
        good, released, lapsing, small, directed, shared = (
            hold(alice.id, 100), hold(alice.id, 100), hold(alice.id, 100, expires_at=LATER), hold(alice.id, 100),
            hold(alice.id, 100, destination_account_id=bob.id), hold(alice.id, 100),
        )  # fmt: skip
        with db.transaction():
            services.release_hold(hold_id=released.id, at=AT)
        captures = [
            Capture(good.id, draft(alice.id, bank, 100)),
            Capture(released.id, draft(alice.id, bank, 100)),
            Capture(lapsing.id, draft(alice.id, bank, 100)),
            Capture(small.id, draft(alice.id, bank, 101)),
            Capture(directed.id, draft(alice.id, bank, 100)),
            Capture(ids.uuid7(), draft(alice.id, bank, 100)),
            Capture(good.id, draft(bob.id, bank, 100)),
            Capture(small.id, draft(alice.id, bank, 100), Money(101, "EUR")),
            Capture(shared.id, draft(alice.id, bank, 60)),
            Capture(shared.id, draft(alice.id, bank, 60)),
            Capture(shared.id, draft(alice.id, bank, 40)),
            Capture(shared.id, draft(alice.id, bank, 1)),
        ]
        with db.transaction():
            answers = services.capture_each(captures, at=LATER)
        assert [said(answer) for answer in answers] == [
            "posted",
            HoldNotOpen.code,
            HoldNotOpen.code,
            CaptureExceedsHold.code,
            CaptureMismatch.code,
            UnknownHold.code,
            CaptureMismatch.code,
            CaptureMismatch.code,
            "posted",
            CaptureExceedsHold.code,
            "posted",
            HoldNotOpen.code,
        ]
        assert [getattr(answer, "params", {}).get("state") for answer in answers[1:3]] == ["RELEASED", "EXPIRED"]
        assert selectors.hold(shared.id).state == "CAPTURED"
        assert amounts(bob.id) == [(1_000, 0)]
        assert amounts(alice.id)[0][0] == 800
        right(alice.id, bob.id, bank)

    def test_all_or_none(self) -> None:
        alice, bank = wallet(minor=200), clearing()
        held = [hold(alice.id, 100), hold(alice.id, 100)]
        with pytest.raises(CaptureExceedsHold), db.transaction():
            services.capture_many(
                [Capture(held[0].id, draft(alice.id, bank, 100)), Capture(held[1].id, draft(alice.id, bank, 101))],
                at=AT,
            )
        assert amounts(alice.id) == [(200, 200)]
        assert {selectors.hold(one.id).state for one in held} == {"OPEN"}


@pytest.mark.parametrize("seed", range(12))
def test_the_same_books_as_one_by_one(seed: int) -> None:
    """Random batches, by ``post`` and ``capture_hold`` in savepoints and by ``*_each``: equal in every number."""
    luck = random.Random(seed)
    results: list[tuple[list[str], list[tuple[int, int]], list[tuple[int, ...]]]] = []
    script = [
        (
            luck.randrange(4),
            luck.randrange(1, 4),
            luck.choice([1, 30, 70, 150]),
            luck.randrange(3),
            luck.choice([None, 5, 60]),
        )
        for _ in range(40)
    ]
    for bulk in (False, True):
        people = [
            wallet(minor=200),
            wallet(minor=50, ceiling_minor=260),
            wallet(code="merchant", stripes=3),
            wallet(minor=20),
        ]
        held = [hold(people[no].id, minor) for no, minor in ((0, 60), (0, 30), (1, 40))]
        services.freeze(account_id=people[3].id, debit=seed % 3 == 0, credit=False, at=AT)
        captures, posts = [], []
        for who, step, minor, hold_no, part in script:
            to = (who + step) % 4
            entry = draft(people[who].id, people[to].id, minor)
            if who < 2 and part is not None:
                captures.append(Capture(held[hold_no].id, entry, Money(part, "EUR")))
            else:
                posts.append(entry)
        with db.transaction():
            if bulk:
                answers = [said(answer) for answer in services.post_each(posts)]
                answers += [said(answer) for answer in services.capture_each(captures, at=AT)]
            else:
                answers = [one(lambda entry=entry: services.post(entry)) for entry in posts]
                answers += [
                    one(lambda c=c: services.capture_hold(hold_id=c.hold_id, draft=c.draft, amount=c.amount, at=AT))
                    for c in captures
                ]
        right(*(person.id for person in people))
        parts = [(selectors.hold(h.id).captured_minor, selectors.hold(h.id).released_minor) for h in held]
        results.append((answers, amounts(*(person.id for person in people)), parts))
    assert results[0] == results[1]
    assert {"posted"} < set(results[0][0])


def one(action: Callable[[], Posted]) -> str:
    try:
        with db.savepoint():
            return said(action())
    except LedgerError as refusal:
        return refusal.code


def test_position_accounts_and_fees_in_bulk() -> None:
    alice, dollars = wallet(minor=10_000), wallet(currency="USD")
    euros_met, dollars_met = platform_account_id("position.fx", "EUR"), platform_account_id("position.fx", "USD")
    before = amounts(euros_met, dollars_met, platform_account_id("income.fees", "EUR"))
    legs = (
        Leg(alice.id, -1_010, "EUR"),
        Leg(platform_account_id("income.fees", "EUR"), 10, "EUR"),
        Leg(euros_met, 1_000, "EUR"),
        Leg(dollars_met, -1_100, "USD"),
        Leg(dollars.id, 1_100, "USD"),
    )
    many(*(draft(0, 0, 0, legs=legs, kind="exchange") for _ in range(3)))
    assert amounts(alice.id, dollars.id) == [(6_970, 0), (3_300, 0)]
    after = amounts(euros_met, dollars_met, platform_account_id("income.fees", "EUR"))
    assert [a[0] - b[0] for a, b in zip(after, before, strict=True)] == [3_000, -3_300, 30]


def test_money_on_other_stripes_counts_when_an_earlier_entry_is_refused() -> None:
    """The refused credit made the account look rich; without it the other stripes must be gathered."""
    poor, bob = wallet(), wallet()
    merchant = wallet(code="merchant", stripes=4)
    for _ in range(12):
        post(clearing(), merchant.id, 100)
    assert each(draft(poor.id, merchant.id, 5_000), draft(merchant.id, bob.id, 1_200)) == [
        InsufficientFunds.code,
        "posted",
    ]
    assert amounts(merchant.id, bob.id) == [(0, 0), (1_200, 0)]
    right(merchant.id, bob.id)
