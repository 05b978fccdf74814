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

REVOKE ALL ON FUNCTION ledger_stripe FROM PUBLIC, wallet_app, wallet_readonly;
