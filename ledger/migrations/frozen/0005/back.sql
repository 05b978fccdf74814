DROP FUNCTION ledger_batch_is_wrong, ledger_batch_room;

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
    END IF;
    v_seal := ledger_seal(p_entry, pg_current_xact_id(), p_request_hash, p_effective_at, v_created, p_actor);
    replayed := false;

    FOR v_leg IN
        SELECT l.account, l.amount, l.currency, l.line::smallint AS line, a.currency AS account_currency, a.id IS NOT NULL AS known,
               CASE WHEN a.stripes = 1 THEN 0
                    WHEN v_covers ? l.account::text THEN 0  -- where its holds are
                    WHEN l.amount > 0 OR (SELECT b.floor IS NULL FROM ledger_balance b
                                           WHERE b.book = p_book AND b.account = l.account AND b.stripe = 0)
                    THEN get_byte(uuid_send(p_entry), 15) % a.stripes  -- spread by the entry's id
                    ELSE 0 END::smallint AS stripe
          FROM unnest(p_accounts, p_amounts, p_currencies) WITH ORDINALITY AS l (account, amount, currency, line)
          LEFT JOIN LATERAL (SELECT * FROM ledger_account a WHERE a.book = p_book AND a.id = l.account OFFSET 0) a ON true
         ORDER BY l.account, stripe, l.amount < 0, l.line
    LOOP
        IF v_leg.account_currency IS DISTINCT FROM v_leg.currency THEN
            PERFORM ledger_refuse(CASE WHEN v_leg.known THEN 'WL005' ELSE 'WL006' END, 'no such account in this currency',
                                  jsonb_build_object('account_id', v_leg.account, 'currency', v_leg.currency));
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
             WHERE b.book = p_book AND b.account = v_leg.account AND b.stripe = v_leg.stripe
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
            v_line := ledger_make_room(p_book, v_leg.account, v_leg.stripe, v_leg.amount, v_leg.amount + v_covered,
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

-- Does anything stand against these legs, in this order? Balances and holds are locked. ``short`` names the accounts that lack money.
CREATE OR REPLACE FUNCTION ledger_batch_faults(
    p_book integer, p_legs ledger_leg[], p_at timestamptz, p_despite_freeze boolean, OUT wrong boolean, OUT short bigint[]
) LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
BEGIN
    SELECT coalesce(bool_or(r.wrong OR r.short), false), array_agg(DISTINCT r.account) FILTER (WHERE r.short) INTO wrong, short
      FROM (
        SELECT l.account,
               l.fault IS NOT NULL
               OR b.flags & CASE WHEN p_despite_freeze THEN 4 WHEN l.amount < 0 THEN 5 ELSE 6 END <> 0
               OR b.posted + sum(l.amount) OVER w NOT BETWEEN -9223372036854775808 AND coalesce(b.ceiling, 9223372036854775807) AS wrong,
               coalesce(b.posted + sum(l.amount) OVER w - b.held + sum(l.covered) OVER w < b.floor, false) AS short
          FROM unnest(p_legs) AS l
          LEFT JOIN LATERAL (SELECT * FROM ledger_balance b
                              WHERE b.book = p_book AND b.account = l.account AND b.stripe = l.stripe OFFSET 0) b ON true
        WINDOW w AS (PARTITION BY l.account, l.stripe ORDER BY l.no, l.amount < 0, l.line ROWS UNBOUNDED PRECEDING)
      ) r;
    wrong := wrong OR EXISTS (
        SELECT FROM (SELECT l.hold, sum(l.covered) AS captured FROM unnest(p_legs) AS l WHERE l.covered > 0 GROUP BY l.hold) c
          CROSS JOIN LATERAL (SELECT * FROM ledger_hold h WHERE h.book = p_book AND h.id = c.hold OFFSET 0) h
         WHERE h.state <> 'OPEN' OR h.expires_at <= p_at OR c.captured > h.amount - h.captured - h.released);
END $$;

-- Room for a batch, where that is due: lapsed holds of the short accounts end, their other stripes are gathered under one entry.
CREATE OR REPLACE FUNCTION ledger_batch_room(p_book integer, p_short bigint[], p_sweep uuid, p_at timestamptz) RETURNS void
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
        SELECT a.id, a.currency, a.stripes FROM unnest(p_short) AS s (account)
          CROSS JOIN LATERAL (SELECT * FROM ledger_account a WHERE a.book = p_book AND a.id = s.account OFFSET 0) a ORDER BY a.id
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
    v_faults  record;
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

    v_faults := ledger_batch_faults(p_book, v_legs, p_at, p_despite_freeze);
    IF v_faults.short IS NOT NULL THEN
        PERFORM ledger_batch_room(p_book, v_faults.short, p_sweep, p_at);
        v_faults := ledger_batch_faults(p_book, v_legs, p_at, p_despite_freeze);
    END IF;
    IF v_faults.wrong THEN
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

-- The application reads ledger rows and calls the functions listed here; it writes nothing itself.

DO $$
DECLARE
    v_name text;
BEGIN
    FOR v_name IN SELECT c.oid::regclass::text FROM pg_class c
                   WHERE c.relnamespace = 'public'::regnamespace AND c.relname LIKE 'ledger\_%' AND c.relkind IN ('r', 'S') LOOP
        EXECUTE format('REVOKE ALL ON %s FROM PUBLIC, wallet_app, wallet_readonly', v_name);
    END LOOP;
    FOR v_name IN SELECT c.oid::regclass::text FROM pg_class c
                   WHERE c.relnamespace = 'public'::regnamespace AND c.relname LIKE 'ledger\_%' AND c.relkind = 'r' LOOP
        EXECUTE format('GRANT SELECT ON %s TO wallet_app, wallet_readonly', v_name);
    END LOOP;
    FOR v_name IN SELECT p.oid::regprocedure::text FROM pg_proc p
                   WHERE p.pronamespace = 'public'::regnamespace AND p.proname LIKE 'ledger\_%' LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC, wallet_app, wallet_readonly', v_name);
    END LOOP;
    FOR v_name IN SELECT p.oid::regprocedure::text FROM pg_proc p
                   WHERE p.pronamespace = 'public'::regnamespace AND p.proname LIKE 'ledger\_%'
                     AND (p.prosecdef OR p.proname IN (
                         'ledger_seq_at', 'ledger_balance_at', 'ledger_link', 'ledger_seal', 'ledger_genesis', 'ledger_leaves',
                         'ledger_canonical', 'ledger_request_hash', 'ledger_account_seal', 'ledger_account_link', 'ledger_hold_seal',
                         'ledger_hold_body')) LOOP
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO wallet_app', v_name);
    END LOOP;
    GRANT EXECUTE ON FUNCTION ledger_seq_at, ledger_balance_at, ledger_link, ledger_seal, ledger_genesis, ledger_leaves TO wallet_readonly;
END $$;
