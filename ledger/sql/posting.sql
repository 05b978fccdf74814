-- Posting: one function, one round trip, called last in the caller's transaction.
--
-- Locks are row locks taken by the UPDATEs, in ascending (account, stripe): two postings never wait for each other in a
-- circle. The lock on stripe 0 of a balance also guards the holds of its account, so holds are never locked first.
-- Refusals: SQLSTATE WLnnn with a JSON detail; ledger/errors.py maps them. All functions belong to the owner role.

-- The next link of a balance's chain. ``seal`` covers the entry (see ledger_seal).
CREATE OR REPLACE FUNCTION ledger_link(
    head bytea, seal bytea, seq bigint, line smallint, amount bigint, posted_after bigint, held_after bigint, created_at timestamptz
) RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT sha256(head || seal || int8send(seq) || int2send(line) || int8send(amount) || int8send(posted_after)
                  || int8send(held_after) || timestamptz_send(created_at))
$$;

-- What an entry is, who wrote it and when. The request hash covers kind, legs, reverses, reference and details.
CREATE OR REPLACE FUNCTION ledger_seal(
    id uuid, tx xid8, request_hash bytea, effective_at timestamptz, created_at timestamptz, actor text
) RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT sha256(uuid_send(id) || xid8send(tx) || request_hash || timestamptz_send(effective_at)
                  || timestamptz_send(created_at) || convert_to(actor, 'UTF8'))
$$;

-- Where a chain begins.
CREATE OR REPLACE FUNCTION ledger_genesis(book integer, account bigint, stripe smallint, public_id uuid, currency text)
RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT sha256(int4send(book) || int8send(account) || int2send(stripe) || uuid_send(public_id) || convert_to(currency, 'UTF8'))
$$;

CREATE OR REPLACE FUNCTION ledger_refuse(p_state text, p_message text, p_detail jsonb DEFAULT '{}') RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = p_state, MESSAGE = p_message, DETAIL = p_detail::text;
END $$;

-- Moves what the other stripes of an account have to stripe 0, as postings of the entry at hand. The caller has locked stripe 0.
-- Returns the next free line.
CREATE OR REPLACE FUNCTION ledger_sweep(
    p_book integer, p_account bigint, p_currency text, p_entry uuid, p_seal bytea, p_effective_at timestamptz, p_line integer
) RETURNS integer LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    v_stripe smallint;
    v_amount bigint;
    v_total  bigint := 0;
    v_line   integer := p_line;
    v_row    ledger_posting;
    v_rows   ledger_posting[] := '{}';
BEGIN
    FOR v_stripe IN SELECT b.stripe FROM ledger_balance b WHERE b.book = p_book AND b.account = p_account ORDER BY b.stripe LOOP
        CONTINUE WHEN v_stripe = 0;
        SELECT -b.posted INTO v_amount FROM ledger_balance b
         WHERE b.book = p_book AND b.account = p_account AND b.stripe = v_stripe FOR UPDATE;
        CONTINUE WHEN v_amount >= 0;
        v_row := ledger_move(p_book, p_account, v_stripe, v_line, v_amount, p_currency, p_entry, p_seal, p_effective_at);
        v_rows := v_rows || v_row;
        v_total := v_total - v_amount;
        v_line := v_line + 1;
    END LOOP;
    IF v_total > 0 THEN
        v_row := ledger_move(p_book, p_account, 0, v_line, v_total, p_currency, p_entry, p_seal, p_effective_at);
        INSERT INTO ledger_posting SELECT * FROM unnest(v_rows || v_row);
        v_line := v_line + 1;
    END IF;
    RETURN v_line;
END $$;

-- One link without any test of flags and limits: only for moves between stripes of one account.
CREATE OR REPLACE FUNCTION ledger_move(
    p_book integer, p_account bigint, p_stripe integer, p_line integer, p_amount bigint, p_currency text,
    p_entry uuid, p_seal bytea, p_effective_at timestamptz
) RETURNS ledger_posting LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    v_row ledger_posting;
BEGIN
    UPDATE ledger_balance AS b
       SET posted = b.posted + p_amount,
           seq = b.seq + 1,
           (last_at, head) = (
               SELECT t.at, ledger_link(b.head, p_seal, b.seq + 1, p_line::smallint, p_amount, b.posted + p_amount, b.held, t.at)
                 FROM (SELECT greatest(b.last_at, clock_timestamp()) AS at OFFSET 0) t)
     WHERE b.book = p_book AND b.account = p_account AND b.stripe = p_stripe
    RETURNING b.book, b.stripe, p_line, b.account, b.seq, p_entry, p_amount, b.posted, b.held, p_effective_at, b.last_at, p_currency, b.head
      INTO v_row;
    RETURN v_row;
END $$;

-- Called when a balance did not take a change: locks it, looks why, makes room where that is due (lapsed holds, other
-- stripes), else refuses. ``p_available`` is the change of posted - held, ``p_posted`` of posted. Returns the next free line.
CREATE OR REPLACE FUNCTION ledger_make_room(
    p_book integer, p_account bigint, p_stripe smallint, p_posted bigint, p_available bigint, p_refused integer,
    p_entry uuid, p_seal bytea, p_effective_at timestamptz, p_at timestamptz, p_line integer
) RETURNS integer LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    v_balance  ledger_balance;
    v_currency text;
    v_stripes  integer;
    v_others   bigint := 0;
BEGIN
    SELECT b.* INTO v_balance FROM ledger_balance b
     WHERE b.book = p_book AND b.account = p_account AND b.stripe = p_stripe FOR UPDATE;
    IF NOT FOUND THEN
        PERFORM ledger_refuse('WL006', 'no such balance', jsonb_build_object('account_id', p_account));
    END IF;
    SELECT a.currency, a.stripes INTO v_currency, v_stripes FROM ledger_account a WHERE a.book = p_book AND a.id = p_account;
    IF v_balance.flags & 4 <> 0 THEN
        PERFORM ledger_refuse('WL003', 'the account is closed', jsonb_build_object('account_id', p_account));
    ELSIF v_balance.flags & p_refused <> 0 THEN
        PERFORM ledger_refuse('WL002', 'the account is frozen', jsonb_build_object('account_id', p_account));
    ELSIF v_balance.posted + p_posted > v_balance.ceiling THEN
        PERFORM ledger_refuse('WL004', 'the balance would pass its ceiling', jsonb_build_object(
            'account_id', p_account, 'currency', v_currency, 'ceiling_minor', v_balance.ceiling, 'posted_minor', v_balance.posted));
    ELSIF v_balance.floor IS NULL OR v_balance.posted - v_balance.held + p_available >= v_balance.floor THEN
        RETURN p_line;  -- another transaction changed the row meanwhile; now it is ours
    END IF;

    v_balance.held := v_balance.held - ledger_lapse(p_book, p_account, p_at);
    IF v_stripes > 1 AND v_balance.posted - v_balance.held + p_available < v_balance.floor THEN
        SELECT coalesce(sum(o.posted), 0) INTO v_others FROM (
            SELECT b.posted FROM ledger_balance b WHERE b.book = p_book AND b.account = p_account AND b.stripe > 0
             ORDER BY b.stripe FOR UPDATE) o;
    END IF;
    IF v_balance.posted + v_others - v_balance.held + p_available < v_balance.floor THEN
        PERFORM ledger_refuse('WL001', 'not enough money available', jsonb_build_object(
            'account_id', p_account, 'currency', v_currency, 'needed_minor', -p_available,
            'available_minor', v_balance.posted + v_others - v_balance.held - v_balance.floor));
    END IF;
    IF v_others > 0 THEN
        RETURN ledger_sweep(p_book, p_account, v_currency, p_entry, p_seal, p_effective_at, p_line);
    END IF;
    RETURN p_line;
END $$;

-- The same id again: the same body answers what the entry did then, another body is refused.
CREATE OR REPLACE FUNCTION ledger_replay(p_book integer, p_entry uuid, p_request_hash bytea)
RETURNS TABLE (account bigint, stripe smallint, posted bigint, held bigint, replayed boolean) LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    IF p_request_hash IS DISTINCT FROM (SELECT e.request_hash FROM ledger_entry e WHERE e.book = p_book AND e.id = p_entry) THEN
        PERFORM ledger_refuse('WL007', 'the entry id was used for another entry', jsonb_build_object('entry_id', p_entry));
    END IF;
    RETURN QUERY SELECT p.account, p.stripe, p.posted_after, p.held_after, true FROM ledger_posting p
                  WHERE p.book = p_book AND p.entry = p_entry ORDER BY p.account, p.stripe, p.seq;
END $$;

-- The stripe of a striped account that an entry uses: spread by the entry's id, unless it also pays from there.
CREATE OR REPLACE FUNCTION ledger_stripe(
    p_book integer, p_entry uuid, p_account bigint, p_stripes integer, p_accounts bigint[], p_amounts bigint[]
) RETURNS smallint LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
BEGIN
    IF NOT EXISTS (SELECT FROM unnest(p_accounts, p_amounts) AS o (account, amount) WHERE o.account = p_account AND o.amount < 0)
       OR (SELECT b.floor IS NULL FROM ledger_balance b WHERE b.book = p_book AND b.account = p_account AND b.stripe = 0) THEN
        RETURN get_byte(uuid_send(p_entry), 15) % p_stripes;
    END IF;
    RETURN 0;
END $$;

-- Posts one entry. Arrays are parallel, one element per leg. ``p_holds`` and ``p_captures`` are the holds this entry
-- captures and how much of each (NULL: all the entry debits the account by); that much of ``held`` goes in the same UPDATE as the
-- debit, so available never dips. ``p_at`` (else ``p_effective_at``) is the moment at which holds are open or lapsed.
CREATE OR REPLACE FUNCTION ledger_post(
    p_book integer, p_entry uuid, p_kind text, p_request_hash bytea, p_reverses uuid, p_effective_at timestamptz,
    p_actor text, p_reference text, p_details jsonb, p_accounts bigint[], p_amounts bigint[], p_currencies text[],
    p_holds uuid[] DEFAULT '{}', p_captures bigint[] DEFAULT '{}', p_at timestamptz DEFAULT NULL,
    p_despite_freeze boolean DEFAULT false
) RETURNS TABLE (account bigint, stripe smallint, posted bigint, held bigint, replayed boolean)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
AS $$
#variable_conflict use_column
DECLARE
    v_created  timestamptz := clock_timestamp();
    v_at       timestamptz := coalesce(p_at, p_effective_at);
    v_seal     bytea;
    v_leg      record;
    v_refused  integer;
    v_locked   integer := 0;
    v_legs     integer := cardinality(p_accounts);
    v_line     integer := 20001;  -- moves between stripes are numbered after any leg a caller can have
    v_covered  bigint;
    v_covers   jsonb := '{}';
    v_held_on  jsonb := '{}';    -- the accounts of p_holds: there an entry keeps to stripe 0
    v_stripe   smallint;
    v_row      ledger_posting;
    v_rows     ledger_posting[] := '{}';
BEGIN
    INSERT INTO ledger_entry (book, id, kind, request_hash, reverses, effective_at, created_at, actor, reference, details)
    VALUES (p_book, p_entry, p_kind, p_request_hash, p_reverses, p_effective_at, v_created, p_actor, p_reference, p_details)
    ON CONFLICT (book, id) DO NOTHING;
    IF NOT FOUND THEN
        RETURN QUERY SELECT * FROM ledger_replay(p_book, p_entry, p_request_hash);
        RETURN;
    END IF;
    IF v_legs NOT BETWEEN 2 AND 20000 THEN
        PERFORM ledger_refuse('WL008', 'an entry has two to 20000 legs', jsonb_build_object('entry_id', p_entry));
    END IF;
    IF cardinality(p_holds) > 0 THEN
        p_captures := ledger_captures(p_book, p_holds, p_captures, p_accounts, p_amounts);
        v_covers := ledger_covers(p_book, p_holds, p_captures, p_accounts, p_amounts);
        v_held_on := v_covers;
    END IF;
    v_seal := ledger_seal(p_entry, pg_current_xact_id(), p_request_hash, p_effective_at, v_created, p_actor);
    replayed := false;

    FOR v_leg IN
        SELECT l.account, l.amount, l.currency, l.line::smallint AS line, a.currency AS account_currency, a.stripes
          FROM unnest(p_accounts, p_amounts, p_currencies) WITH ORDINALITY AS l (account, amount, currency, line)
          LEFT JOIN LATERAL (SELECT a.currency, a.stripes FROM ledger_account a
                              WHERE a.book = p_book AND a.id = l.account OFFSET 0) a ON true
         ORDER BY l.account, l.amount < 0, l.line
    LOOP
        IF v_leg.account_currency IS DISTINCT FROM v_leg.currency THEN
            PERFORM ledger_refuse(CASE WHEN v_leg.account_currency IS NULL THEN 'WL006' ELSE 'WL005' END,
                                  'no such account in this currency',
                                  jsonb_build_object('account_id', v_leg.account, 'currency', v_leg.currency));
        END IF;
        v_stripe := 0;
        IF v_leg.stripes > 1 AND NOT v_held_on ? v_leg.account::text THEN
            v_stripe := ledger_stripe(p_book, p_entry, v_leg.account, v_leg.stripes, p_accounts, p_amounts);
        END IF;
        v_refused := CASE WHEN p_despite_freeze THEN 4 WHEN v_leg.amount < 0 THEN 5 ELSE 6 END;
        v_covered := 0;
        IF v_leg.amount < 0 AND v_covers ? v_leg.account::text THEN
            v_covered := (v_covers ->> v_leg.account::text)::bigint;
            v_covers := v_covers - v_leg.account::text;
        END IF;
        LOOP
            UPDATE ledger_balance AS b
               SET posted = b.posted + v_leg.amount,
                   held = b.held - v_covered,
                   seq = b.seq + 1,
                   (last_at, head) = (
                       SELECT t.at, ledger_link(b.head, v_seal, b.seq + 1, v_leg.line, v_leg.amount,
                                                b.posted + v_leg.amount, b.held - v_covered, t.at)
                         FROM (SELECT greatest(b.last_at, clock_timestamp()) AS at OFFSET 0) t)
             WHERE b.book = p_book AND b.account = v_leg.account AND b.stripe = v_stripe
               AND b.flags & v_refused = 0
               AND b.held >= v_covered
               AND (b.floor IS NULL OR b.posted + v_leg.amount - b.held + v_covered >= b.floor)
               AND (b.ceiling IS NULL OR b.posted + v_leg.amount <= b.ceiling)
            RETURNING b.book, b.stripe, v_leg.line, b.account, b.seq, p_entry, v_leg.amount, b.posted, b.held,
                      p_effective_at, b.last_at, v_leg.currency, b.head
              INTO v_row;
            EXIT WHEN FOUND;
            IF v_locked = v_leg.line THEN  -- it was locked and made room for: only a defect comes here
                RAISE EXCEPTION 'the balance of account % takes nothing and says no reason', v_leg.account;
            END IF;
            v_locked := v_leg.line;
            IF v_covered > 0 THEN
                PERFORM ledger_capture(p_book, v_leg.account, p_holds, p_captures, p_entry, v_at, false);
            END IF;
            v_line := ledger_make_room(p_book, v_leg.account, v_stripe, v_leg.amount, v_leg.amount + v_covered,
                                       v_refused, p_entry, v_seal, p_effective_at, v_at, v_line);
        END LOOP;
        IF v_covered > 0 THEN
            PERFORM ledger_capture(p_book, v_leg.account, p_holds, p_captures, p_entry, v_at, true);
        END IF;
        v_rows := v_rows || v_row;
        account := v_row.account; stripe := v_row.stripe; posted := v_row.posted_after; held := v_row.held_after;
        RETURN NEXT;
    END LOOP;
    INSERT INTO ledger_posting SELECT * FROM unnest(v_rows);
END $$;
