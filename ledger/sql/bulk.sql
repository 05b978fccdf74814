-- Many entries at once: settlement, payouts, imports. The same rules as ledger_post, over sets: balances are locked once in
-- ascending order, window sums show every balance after every leg, and each table is written by one statement.
-- Where a limit would break, an in-memory pass in the order of the entries gives each its verdict; no subtransactions.

-- One leg on its way into the books. ``no`` is the place of its entry, ``covered`` what it captures of ``hold``,
-- ``fault`` a refusal that no balance can change (unknown account or hold, wrong currency, hold not paid out).
CREATE TYPE ledger_leg AS (
    no integer, entry uuid, line smallint, account bigint, stripe smallint, amount bigint, covered bigint, currency text,
    hold uuid, hold_account bigint, fault text
);

-- What was refused: the place of the entry, a SQLSTATE of ledger_refuse, its detail.
CREATE TYPE ledger_verdict AS (no integer, state text, detail jsonb);

CREATE OR REPLACE FUNCTION ledger_chain_step(state bytea, head bytea, body bytea) RETURNS bytea
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN sha256(coalesce(state, head) || body);
END $$;

-- ledger_link over a window of one balance: ``head`` before the first row, then each row's body.
CREATE AGGREGATE ledger_chain (head bytea, body bytea) (SFUNC = ledger_chain_step, STYPE = bytea);

-- The legs with their stripes, captures and faults, in the order in which balances take them. Reads only what never changes.
CREATE OR REPLACE FUNCTION ledger_batch_legs(
    p_book integer, p_ids uuid[], p_nos integer[], p_lines smallint[], p_accounts bigint[], p_amounts bigint[],
    p_currencies text[], p_holds uuid[], p_captures bigint[]
) RETURNS ledger_leg[] LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
DECLARE
    v_spread integer := get_byte(uuid_send(p_ids[1]), 15);  -- one stripe for a batch, so that batches do not meet
    v_legs   ledger_leg[];
BEGIN
    SELECT array_agg((d.no, p_ids[d.no], d.line, d.account, d.stripe, d.amount, d.covered, d.currency, d.hold, d.hold_account,
                      CASE WHEN d.hold IS NOT NULL AND d.hold_account IS NULL THEN 'WL012'
                           WHEN d.hold IS NOT NULL AND (d.captured IS NULL OR d.captured <= 0 OR d.captured > d.debited OR d.astray)
                           THEN 'WL016'
                           WHEN d.account_currency IS NULL THEN 'WL006'
                           WHEN d.account_currency <> d.currency THEN 'WL005' END)::ledger_leg
                     ORDER BY d.account, d.stripe, d.no, d.amount < 0, d.line)
      INTO v_legs
      FROM (
        SELECT c.*, max(c.covered) OVER entry AS captured, max(c.net) FILTER (WHERE c.account = c.hold_account) OVER entry AS debited,
               c.destination IS NOT NULL AND NOT bool_or(c.account = c.destination AND c.amount > 0) OVER entry AS astray
          FROM (
            SELECT l.*, a.currency AS account_currency, h.account AS hold_account, h.destination,
                   -sum(l.amount) OVER (PARTITION BY l.no, l.account) AS net,
                   CASE WHEN l.account = h.account AND l.amount < 0
                             AND row_number() OVER (PARTITION BY l.no, l.account ORDER BY l.amount >= 0, l.line) = 1
                        THEN coalesce(l.capture, -sum(l.amount) OVER (PARTITION BY l.no, l.account))
                        ELSE 0 END::bigint AS covered,
                   CASE WHEN coalesce(a.stripes, 1) = 1 OR l.account = h.account THEN 0
                        WHEN NOT bool_or(l.amount < 0) OVER (PARTITION BY l.account)
                             OR (SELECT b.floor IS NULL FROM ledger_balance b
                                  WHERE b.book = p_book AND b.account = l.account AND b.stripe = 0)
                        THEN v_spread % a.stripes
                        ELSE 0 END::smallint AS stripe  -- where a batch also pays from, it finds what it brought
              FROM unnest(p_nos, p_lines, p_accounts, p_amounts, p_currencies, p_holds, p_captures)
                   AS l (no, line, account, amount, currency, hold, capture)
              LEFT JOIN LATERAL (SELECT * FROM ledger_account a WHERE a.book = p_book AND a.id = l.account OFFSET 0) a ON true
              LEFT JOIN LATERAL (SELECT * FROM ledger_hold h WHERE h.book = p_book AND h.id = l.hold OFFSET 0) h ON true
          ) c
        WINDOW entry AS (PARTITION BY c.no)
      ) d;
    RETURN v_legs;
END $$;

-- Does anything stand against these legs, in this order? Balances and holds are locked.
CREATE OR REPLACE FUNCTION ledger_batch_is_wrong(p_book integer, p_legs ledger_leg[], p_at timestamptz, p_despite_freeze boolean)
RETURNS boolean LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
BEGIN
    RETURN (SELECT coalesce(bool_or(r.wrong), false) FROM (
        SELECT l.fault IS NOT NULL
               OR b.flags & CASE WHEN p_despite_freeze THEN 4 WHEN l.amount < 0 THEN 5 ELSE 6 END <> 0
               OR b.posted + sum(l.amount) OVER w NOT BETWEEN -9223372036854775808 AND coalesce(b.ceiling, 9223372036854775807)
               OR b.posted + sum(l.amount) OVER w - b.held + sum(l.covered) OVER w < b.floor AS wrong
          FROM unnest(p_legs) AS l
          LEFT JOIN LATERAL (SELECT * FROM ledger_balance b
                              WHERE b.book = p_book AND b.account = l.account AND b.stripe = l.stripe OFFSET 0) b ON true
        WINDOW w AS (PARTITION BY l.account, l.stripe ORDER BY l.no, l.amount < 0, l.line ROWS UNBOUNDED PRECEDING)
      ) r) OR EXISTS (
        SELECT FROM (SELECT l.hold, sum(l.covered) AS captured FROM unnest(p_legs) AS l WHERE l.covered > 0 GROUP BY l.hold) c
          CROSS JOIN LATERAL (SELECT * FROM ledger_hold h WHERE h.book = p_book AND h.id = c.hold OFFSET 0) h
         WHERE h.state <> 'OPEN' OR h.expires_at <= p_at OR c.captured > h.amount - h.captured - h.released);
END $$;

-- Room for a batch where something stands against it: lapsed holds of the accounts that pay end, and their other stripes are
-- gathered under one entry. Of all that pay, not only of those that seem short: who is refused brings nothing to the others.
CREATE OR REPLACE FUNCTION ledger_batch_room(p_book integer, p_legs ledger_leg[], p_sweep uuid, p_at timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    v_account record;
    v_created timestamptz := clock_timestamp();
    v_hash    bytea := sha256(convert_to('sweep', 'UTF8') || int8send(0) || uuid_send(p_sweep));
    v_seal    bytea := ledger_seal(p_sweep, pg_current_xact_id(), v_hash, p_at, v_created, 'ledger');
    v_line    integer := 20001;
BEGIN
    FOR v_account IN
        SELECT a.id, a.currency, a.stripes FROM (SELECT DISTINCT l.account FROM unnest(p_legs) AS l WHERE l.amount < 0) s
          CROSS JOIN LATERAL (SELECT a.* FROM ledger_account a
                                JOIN ledger_balance b ON b.book = a.book AND b.account = a.id AND b.stripe = 0 AND b.floor IS NOT NULL
                               WHERE a.book = p_book AND a.id = s.account OFFSET 0) a ORDER BY a.id
    LOOP
        PERFORM ledger_lapse(p_book, v_account.id, p_at);
        IF v_account.stripes > 1 THEN
            v_line := ledger_sweep(p_book, v_account.id, v_account.currency, p_sweep, v_seal, p_at, v_line);
        END IF;
    END LOOP;
    IF v_line > 20001 THEN
        INSERT INTO ledger_entry (book, id, kind, request_hash, effective_at, created_at, actor)
        VALUES (p_book, p_sweep, 'sweep', v_hash, p_at, v_created, 'ledger');
    END IF;
END $$;

-- The verdict on one leg, given what its balance and its hold are at that moment. NULL: it may pass.
CREATE OR REPLACE FUNCTION ledger_batch_verdict(
    p_leg ledger_leg, p_balance ledger_balance, p_posted numeric, p_held numeric, p_hold ledger_hold, p_left bigint,
    p_at timestamptz, p_despite_freeze boolean
) RETURNS ledger_verdict LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_refused integer := CASE WHEN p_despite_freeze THEN 4 WHEN p_leg.amount < 0 THEN 5 ELSE 6 END;
    v_account jsonb := jsonb_build_object('account_id', p_leg.account);
    v_named   jsonb := v_account || jsonb_build_object('currency', p_leg.currency);
BEGIN
    IF p_leg.fault IN ('WL012', 'WL016') THEN
        RETURN (p_leg.no, p_leg.fault, jsonb_build_object('hold_id', p_leg.hold));
    ELSIF p_leg.fault IS NOT NULL THEN
        RETURN (p_leg.no, p_leg.fault, v_named);
    ELSIF p_leg.covered > 0 AND (p_hold.state <> 'OPEN' OR p_hold.expires_at <= p_at OR p_left = 0) THEN
        RETURN (p_leg.no, 'WL009'::text, jsonb_build_object('hold_id', p_leg.hold, 'state',
            CASE WHEN p_hold.state <> 'OPEN' THEN p_hold.state WHEN p_left = 0 THEN 'CAPTURED' ELSE 'EXPIRED' END));
    ELSIF p_leg.covered > p_left THEN
        RETURN (p_leg.no, 'WL010'::text, jsonb_build_object('hold_id', p_leg.hold, 'remaining_minor', p_left));
    ELSIF p_balance.flags & 4 <> 0 THEN
        RETURN (p_leg.no, 'WL003'::text, v_account);
    ELSIF p_balance.flags & v_refused <> 0 THEN
        RETURN (p_leg.no, 'WL002'::text, v_account);
    ELSIF p_posted + p_leg.amount > p_balance.ceiling THEN
        RETURN (p_leg.no, 'WL004'::text, v_named || jsonb_build_object('ceiling_minor', p_balance.ceiling, 'posted_minor', p_posted));
    ELSIF p_posted + p_leg.amount NOT BETWEEN -9223372036854775808 AND 9223372036854775807 THEN
        RETURN (p_leg.no, '22003'::text, '{}'::jsonb);
    ELSIF p_posted + p_leg.amount - p_held + p_leg.covered < p_balance.floor THEN
        RETURN (p_leg.no, 'WL001'::text, v_named || jsonb_build_object('needed_minor', -p_leg.amount - p_leg.covered,
                                                              'available_minor', p_posted - p_held - p_balance.floor));
    END IF;
    RETURN NULL;
END $$;

-- One pass over the entries in their order with balances in memory: who is refused, given that the refused move nothing.
CREATE OR REPLACE FUNCTION ledger_batch_judge(p_book integer, p_legs ledger_leg[], p_at timestamptz, p_despite_freeze boolean)
RETURNS SETOF ledger_verdict LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
DECLARE
    v_step    record;
    v_posted  numeric[] := array_fill(NULL::numeric, ARRAY[cardinality(p_legs)]);  -- by balance
    v_held    numeric[] := v_posted;
    v_left    bigint[] := array_fill(NULL::bigint, ARRAY[cardinality(p_legs)]);    -- by hold
    v_no      integer := 0;
    v_refused boolean := false;
    v_passed  integer[];  -- balance, hold, and what to give back should a later leg of the entry be refused
    v_amounts bigint[];
    v_verdict ledger_verdict;
BEGIN
    FOR v_step IN
        SELECT l AS leg, l.no, l.amount, l.covered,
               (SELECT b FROM ledger_balance b WHERE b.book = p_book AND b.account = l.account AND b.stripe = l.stripe) AS balance,
               (SELECT h FROM ledger_hold h WHERE h.book = p_book AND h.id = l.hold) AS hold,
               dense_rank() OVER (ORDER BY l.account, l.stripe)::integer AS balance_no, dense_rank() OVER (ORDER BY l.hold)::integer AS hold_no
          FROM unnest(p_legs) AS l
         ORDER BY l.no, l.account, l.stripe, l.amount < 0, l.line
    LOOP
        IF v_step.no <> v_no THEN
            v_no := v_step.no; v_refused := false; v_passed := '{}'; v_amounts := '{}';
        END IF;
        CONTINUE WHEN v_refused;
        v_posted[v_step.balance_no] := coalesce(v_posted[v_step.balance_no], (v_step.balance).posted);
        v_held[v_step.balance_no] := coalesce(v_held[v_step.balance_no], (v_step.balance).held);
        IF v_step.covered > 0 THEN
            v_left[v_step.hold_no] := coalesce(v_left[v_step.hold_no],
                                               (v_step.hold).amount - (v_step.hold).captured - (v_step.hold).released);
        END IF;
        v_verdict := ledger_batch_verdict(v_step.leg, v_step.balance, v_posted[v_step.balance_no], v_held[v_step.balance_no],
                                          v_step.hold, v_left[v_step.hold_no], p_at, p_despite_freeze);
        IF v_verdict.state IS NULL THEN
            v_posted[v_step.balance_no] := v_posted[v_step.balance_no] + v_step.amount;
            v_held[v_step.balance_no] := v_held[v_step.balance_no] - v_step.covered;
            v_left[v_step.hold_no] := v_left[v_step.hold_no] - v_step.covered;
            v_passed := v_passed || v_step.balance_no || v_step.hold_no;
            v_amounts := v_amounts || v_step.amount || v_step.covered;
        ELSE
            v_refused := true;
            RETURN NEXT v_verdict;
            FOR i IN 1 .. cardinality(v_passed) / 2 LOOP
                v_posted[v_passed[2 * i - 1]] := v_posted[v_passed[2 * i - 1]] - v_amounts[2 * i - 1];
                v_held[v_passed[2 * i - 1]] := v_held[v_passed[2 * i - 1]] + v_amounts[2 * i];
                v_left[v_passed[2 * i]] := v_left[v_passed[2 * i]] + v_amounts[2 * i];
            END LOOP;
        END IF;
    END LOOP;
END $$;

-- Writes legs that were found right: their postings with the chain, their balances, their holds. One statement per table.
CREATE OR REPLACE FUNCTION ledger_batch_write(p_book integer, p_legs ledger_leg[], p_at timestamptz) RETURNS ledger_posting[]
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    v_now  timestamptz := clock_timestamp();
    v_rows ledger_posting[];
BEGIN
    SELECT array_agg((r.book, r.stripe, r.line, r.account, r.seq, r.entry, r.amount, r.posted_after, r.held_after, r.effective_at,
                      r.created_at, r.currency, r.hash)::ledger_posting ORDER BY r.account, r.stripe, r.seq)
      INTO v_rows
      FROM (
        SELECT s.*, ledger_chain(s.head, s.seal || int8send(s.seq) || int2send(s.line) || int8send(s.amount) || int8send(s.posted_after)
                                         || int8send(s.held_after) || timestamptz_send(s.created_at))
                        OVER (PARTITION BY s.account, s.stripe ORDER BY s.seq ROWS UNBOUNDED PRECEDING) AS hash
          FROM (
            SELECT b.book, l.stripe, l.line, l.account, b.seq + row_number() OVER w AS seq, l.entry, l.amount, l.currency,
                   (b.posted + sum(l.amount) OVER w)::bigint AS posted_after, (b.held - sum(l.covered) OVER w)::bigint AS held_after,
                   e.effective_at, greatest(b.last_at, v_now) AS created_at, b.head, e.seal
              FROM unnest(p_legs) AS l
              CROSS JOIN LATERAL (SELECT * FROM ledger_balance b
                                   WHERE b.book = p_book AND b.account = l.account AND b.stripe = l.stripe OFFSET 0) b
              CROSS JOIN LATERAL (SELECT e.effective_at, ledger_seal(e.id, e.tx, e.request_hash, e.effective_at, e.created_at, e.actor) AS seal
                                    FROM ledger_entry e WHERE e.book = p_book AND e.id = l.entry OFFSET 0) e
            WINDOW w AS (PARTITION BY l.account, l.stripe ORDER BY l.no, l.amount < 0, l.line ROWS UNBOUNDED PRECEDING)
          ) s
      ) r;
    INSERT INTO ledger_posting SELECT * FROM unnest(v_rows);
    UPDATE ledger_balance AS b SET posted = r.posted_after, held = r.held_after, seq = r.seq, last_at = r.created_at, head = r.hash
      FROM (SELECT DISTINCT ON (r.account, r.stripe) r.* FROM unnest(v_rows) AS r ORDER BY r.account, r.stripe, r.seq DESC) r
     WHERE b.book = p_book AND b.account = r.account AND b.stripe = r.stripe;
    INSERT INTO ledger_hold_event (book, no, hold, amount, entry, expires_at, at, created_at, kind, hash)
    SELECT (v.event).book, (v.event).no, (v.event).hold, (v.event).amount, (v.event).entry, (v.event).expires_at, (v.event).at,
           (v.event).created_at, (v.event).kind,
           ledger_chain(v.head, ledger_hold_body(v.event)) OVER (PARTITION BY (v.event).hold ORDER BY (v.event).no ROWS UNBOUNDED PRECEDING)
      FROM (
        SELECT (p_book, h.version + row_number() OVER (PARTITION BY h.id ORDER BY l.no), h.id, l.covered, l.entry, h.expires_at, p_at,
                v_now, 'CAPTURED', NULL)::ledger_hold_event AS event,
               (SELECT e.hash FROM ledger_hold_event e WHERE e.book = p_book AND e.hold = h.id AND e.no = h.version) AS head
          FROM unnest(p_legs) AS l
          CROSS JOIN LATERAL (SELECT * FROM ledger_hold h WHERE h.book = p_book AND h.id = l.hold OFFSET 0) h
         WHERE l.covered > 0
      ) v;
    UPDATE ledger_hold AS h
       SET captured = h.captured + c.captured, version = h.version + c.times,
           state = CASE WHEN h.captured + h.released + c.captured = h.amount THEN 'CAPTURED' ELSE 'OPEN' END
      FROM (SELECT l.hold, sum(l.covered)::bigint AS captured, count(*)::integer AS times
              FROM unnest(p_legs) AS l WHERE l.covered > 0 GROUP BY l.hold) c
     WHERE h.book = p_book AND h.id = c.hold;
    RETURN v_rows;
END $$;

-- Posts many entries. Arrays of entries are parallel (``p_ids`` to ``p_details``, distinct ids), arrays of legs too: ``p_nos``
-- is the place of a leg's entry, ``p_holds`` and ``p_captures`` the hold its entry captures, if any (at most one per entry).
-- ``p_each`` false: all or none, the first refusal is raised. True: the refused are answered and the others posted.
-- Answers per leg in the order of its balance, with state POSTED or REPLAYED; or per refused entry its SQLSTATE and detail.
CREATE OR REPLACE FUNCTION ledger_post_many(
    p_book integer, p_ids uuid[], p_kinds text[], p_hashes bytea[], p_reverses uuid[], p_effective timestamptz[], p_actors text[],
    p_references text[], p_details jsonb[], p_nos integer[], p_lines smallint[], p_accounts bigint[], p_amounts bigint[],
    p_currencies text[], p_holds uuid[], p_captures bigint[], p_at timestamptz, p_despite_freeze boolean, p_sweep uuid, p_each boolean
) RETURNS TABLE (entry uuid, state text, detail jsonb, account bigint, stripe smallint, posted bigint, held bigint)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
AS $$
#variable_conflict use_column
DECLARE
    v_legs    ledger_leg[] := ledger_batch_legs(p_book, p_ids, p_nos, p_lines, p_accounts, p_amounts, p_currencies, p_holds, p_captures);
    v_verdict ledger_verdict;
    v_refused integer[] := '{}';
    v_known   integer[];
    v_new     integer;
    v_rows    ledger_posting[];
BEGIN
    PERFORM FROM (SELECT l.account, l.stripe, bool_or(l.amount < 0) AS debited FROM unnest(v_legs) AS l GROUP BY l.account, l.stripe) l
      CROSS JOIN LATERAL (SELECT b.stripe FROM ledger_balance b
                           WHERE b.book = p_book AND b.account = l.account
                             AND (b.stripe = l.stripe OR (l.debited AND l.stripe = 0 AND b.floor IS NOT NULL)) OFFSET 0) s
      JOIN ledger_balance b ON b.book = p_book AND b.account = l.account AND b.stripe = s.stripe
     ORDER BY l.account, s.stripe FOR UPDATE OF b;

    SELECT coalesce(array_agg(d.no::integer), '{}') INTO v_known FROM unnest(p_ids) WITH ORDINALITY AS d (id, no)
      CROSS JOIN LATERAL (SELECT FROM ledger_entry e WHERE e.book = p_book AND e.id = d.id OFFSET 0) e;
    IF v_known <> '{}' THEN
        RETURN QUERY SELECT * FROM ledger_batch_replay(p_book, p_ids, p_hashes, v_known, p_each);
        SELECT array_agg(l ORDER BY l.account, l.stripe, l.no, l.amount < 0, l.line) INTO v_legs FROM unnest(v_legs) AS l
         WHERE l.no <> ALL (v_known);
        IF v_legs IS NULL THEN
            RETURN;
        END IF;
    END IF;

    IF ledger_batch_is_wrong(p_book, v_legs, p_at, p_despite_freeze) THEN
        PERFORM ledger_batch_room(p_book, v_legs, p_sweep, p_at);
        FOR v_verdict IN SELECT * FROM ledger_batch_judge(p_book, v_legs, p_at, p_despite_freeze) LOOP
            IF NOT p_each THEN
                PERFORM ledger_refuse(v_verdict.state, 'an entry of the batch is refused', v_verdict.detail);
            END IF;
            v_refused := v_refused || v_verdict.no;
            entry := p_ids[v_verdict.no]; state := v_verdict.state; detail := v_verdict.detail;
            RETURN NEXT;
        END LOOP;
        SELECT array_agg(l ORDER BY l.account, l.stripe, l.no, l.amount < 0, l.line) INTO v_legs FROM unnest(v_legs) AS l
         WHERE l.no <> ALL (v_refused);
        IF v_legs IS NULL THEN
            RETURN;
        END IF;
    END IF;

    INSERT INTO ledger_entry (book, id, kind, request_hash, reverses, effective_at, created_at, actor, reference, details)
    SELECT p_book, d.id, d.kind, d.hash, d.reverses, d.effective_at, clock_timestamp(), d.actor, d.reference, d.details
      FROM unnest(p_ids, p_kinds, p_hashes, p_reverses, p_effective, p_actors, p_references, p_details)
           WITH ORDINALITY AS d (id, kind, hash, reverses, effective_at, actor, reference, details, no)
     WHERE d.no <> ALL (v_known) AND d.no <> ALL (v_refused)
     ORDER BY d.id
    ON CONFLICT (book, id) DO NOTHING;
    GET DIAGNOSTICS v_new = ROW_COUNT;
    IF v_new <> cardinality(p_ids) - cardinality(v_known) - cardinality(v_refused) THEN
        RAISE EXCEPTION USING ERRCODE = '40001', MESSAGE = 'an entry of the batch is being posted by another: try the same ids again';
    END IF;
    v_rows := ledger_batch_write(p_book, v_legs, p_at);
    RETURN QUERY SELECT r.entry, 'POSTED', NULL::jsonb, r.account, r.stripe, r.posted_after, r.held_after FROM unnest(v_rows) AS r;
END $$;

-- What entries that were already there did then; another body under the same id is refused.
CREATE OR REPLACE FUNCTION ledger_batch_replay(p_book integer, p_ids uuid[], p_hashes bytea[], p_known integer[], p_each boolean)
RETURNS TABLE (entry uuid, state text, detail jsonb, account bigint, stripe smallint, posted bigint, held bigint)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    v_entry record;
BEGIN
    FOR v_entry IN
        SELECT d.id, e.request_hash = d.hash AS same FROM unnest(p_ids, p_hashes) WITH ORDINALITY AS d (id, hash, no)
          CROSS JOIN LATERAL (SELECT * FROM ledger_entry e WHERE e.book = p_book AND e.id = d.id OFFSET 0) e
         WHERE d.no = ANY (p_known) ORDER BY d.no
    LOOP
        IF v_entry.same THEN
            RETURN QUERY SELECT p.entry, 'REPLAYED', NULL::jsonb, p.account, p.stripe, p.posted_after, p.held_after FROM ledger_posting p
                          WHERE p.book = p_book AND p.entry = v_entry.id ORDER BY p.account, p.stripe, p.seq;
        ELSIF p_each THEN
            entry := v_entry.id; state := 'WL007'; detail := jsonb_build_object('entry_id', v_entry.id);
            account := NULL; stripe := NULL; posted := NULL; held := NULL;
            RETURN NEXT;
        ELSE
            PERFORM ledger_refuse('WL007', 'the entry id was used for another entry', jsonb_build_object('entry_id', v_entry.id));
        END IF;
    END LOOP;
END $$;

-- An entry and a hold on what it brought, in one round trip; the hold is placed even if its account is frozen. The last row is the hold.
CREATE OR REPLACE FUNCTION ledger_post_and_hold(
    p_book integer, p_entry uuid, p_kind text, p_request_hash bytea, p_reverses uuid, p_effective_at timestamptz,
    p_actor text, p_reference text, p_details jsonb, p_accounts bigint[], p_amounts bigint[], p_currencies text[],
    p_hold uuid, p_account bigint, p_amount bigint, p_currency text, p_reason text, p_expires_at timestamptz, p_at timestamptz, p_sweep uuid
) RETURNS TABLE (account bigint, stripe smallint, posted bigint, held bigint, replayed boolean, hold ledger_hold)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY SELECT p.*, NULL::ledger_hold
                   FROM ledger_post(p_book, p_entry, p_kind, p_request_hash, p_reverses, p_effective_at, p_actor, p_reference,
                                    p_details, p_accounts, p_amounts, p_currencies) p;
    RETURN QUERY SELECT NULL::bigint, NULL::smallint, NULL::bigint, NULL::bigint, NULL::boolean, h
                   FROM ledger_hold_open(p_book, p_hold, p_account, NULL, p_amount, p_currency, p_reason, p_expires_at, p_at,
                                         true, p_sweep) h;
END $$;
