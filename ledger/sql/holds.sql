-- Holds: money reserved on a balance, still its owner's. Whoever changes a hold has locked stripe 0 of its balance first,
-- so of a capture, a release and an expiry of one hold exactly one comes first and the others see what it did.

CREATE OR REPLACE FUNCTION ledger_note_hold(p_hold ledger_hold, p_kind text, p_amount bigint, p_entry uuid, p_at timestamptz)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_event ledger_hold_event := (p_hold.book, p_hold.version, p_hold.id, p_amount, p_entry, p_hold.expires_at, p_at,
                                  clock_timestamp(), p_kind, NULL);
    v_head  bytea := ledger_hold_seal(p_hold);
BEGIN
    IF p_hold.version > 1 THEN
        v_head := (SELECT e.hash FROM ledger_hold_event e WHERE e.book = p_hold.book AND e.hold = p_hold.id AND e.no = p_hold.version - 1);
    END IF;
    v_event.hash := sha256(v_head || ledger_hold_body(v_event));
    INSERT INTO ledger_hold_event SELECT v_event.*;
END $$;

-- What is captured of each hold: as asked, or where nothing is said all that the entry takes from the hold's account.
CREATE OR REPLACE FUNCTION ledger_captures(
    p_book integer, p_holds uuid[], p_captures bigint[], p_accounts bigint[], p_amounts bigint[]
) RETURNS bigint[] LANGUAGE sql STABLE AS $$
    SELECT array_agg(coalesce(c.amount, (
               SELECT -sum(l.amount) FROM unnest(p_accounts, p_amounts) AS l (account, amount)
                WHERE l.account = (SELECT h.account FROM ledger_hold h WHERE h.book = p_book AND h.id = c.hold)))::bigint ORDER BY c.no)
      FROM unnest(p_holds, p_captures) WITH ORDINALITY AS c (hold, amount, no)
$$;

-- Per held account (as text) how much of its holds this entry captures. Each hold must be paid out by a debit of its account.
CREATE OR REPLACE FUNCTION ledger_covers(
    p_book integer, p_holds uuid[], p_captures bigint[], p_accounts bigint[], p_amounts bigint[]
) RETURNS jsonb LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    v_covers jsonb := '{}';
    v_asked  record;
BEGIN
    IF cardinality(p_holds) <> (SELECT count(DISTINCT c.hold) FROM unnest(p_holds) AS c (hold)) THEN
        PERFORM ledger_refuse('WL016', 'a hold is named twice', jsonb_build_object('hold_id', p_holds[1]));
    END IF;
    FOR v_asked IN
        SELECT c.hold, h.account, c.amount, h.destination FROM unnest(p_holds, p_captures) AS c (hold, amount)
          LEFT JOIN LATERAL (SELECT * FROM ledger_hold h WHERE h.book = p_book AND h.id = c.hold OFFSET 0) h ON true
    LOOP
        IF v_asked.account IS NULL THEN
            PERFORM ledger_refuse('WL012', 'no such hold', jsonb_build_object('hold_id', v_asked.hold));
        ELSIF v_asked.amount IS NULL OR v_asked.amount <= 0 OR (v_asked.destination IS NOT NULL AND NOT EXISTS (
            SELECT FROM unnest(p_accounts, p_amounts) AS l (account, amount) WHERE l.account = v_asked.destination AND l.amount > 0)) THEN
            PERFORM ledger_refuse('WL016', 'the entry does not pay this hold out', jsonb_build_object('hold_id', v_asked.hold));
        END IF;
        v_covers := v_covers || jsonb_build_object(v_asked.account,
            coalesce((v_covers ->> v_asked.account::text)::numeric, 0) + v_asked.amount);
    END LOOP;
    FOR v_asked IN SELECT c.key::bigint AS account, c.value::numeric AS amount FROM jsonb_each_text(v_covers) AS c LOOP
        IF v_asked.amount > (SELECT -coalesce(sum(l.amount), 0) FROM unnest(p_accounts, p_amounts) AS l (account, amount)
                              WHERE l.account = v_asked.account) THEN
            PERFORM ledger_refuse('WL016', 'the entry does not pay the hold out', jsonb_build_object('account_id', v_asked.account));
        END IF;
    END LOOP;
    RETURN v_covers;
END $$;

-- Takes the asked amounts from the holds of one account, whose balance is locked. ``p_write`` false only tests and refuses.
CREATE OR REPLACE FUNCTION ledger_capture(
    p_book integer, p_account bigint, p_holds uuid[], p_captures bigint[], p_entry uuid, p_at timestamptz, p_write boolean
) RETURNS void LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    v_asked record;
    v_hold  ledger_hold;
BEGIN
    IF NOT p_write THEN
        PERFORM FROM ledger_balance b WHERE b.book = p_book AND b.account = p_account AND b.stripe = 0 FOR UPDATE;
    END IF;
    FOR v_asked IN SELECT c.hold, c.amount FROM unnest(p_holds, p_captures) AS c (hold, amount) LOOP
        SELECT h.* INTO v_hold FROM ledger_hold h WHERE h.book = p_book AND h.id = v_asked.hold;
        CONTINUE WHEN v_hold.account <> p_account;
        PERFORM ledger_require_open(v_hold, p_at);
        IF v_asked.amount > v_hold.amount - v_hold.captured - v_hold.released THEN
            PERFORM ledger_refuse('WL010', 'more than the hold has left', jsonb_build_object('hold_id', v_hold.id,
                'remaining_minor', v_hold.amount - v_hold.captured - v_hold.released));
        END IF;
        CONTINUE WHEN NOT p_write;
        UPDATE ledger_hold AS h
           SET captured = h.captured + v_asked.amount, version = h.version + 1,
               state = CASE WHEN h.captured + h.released + v_asked.amount = h.amount THEN 'CAPTURED' ELSE 'OPEN' END
         WHERE h.book = p_book AND h.id = v_hold.id RETURNING h.* INTO v_hold;
        PERFORM ledger_note_hold(v_hold, 'CAPTURED', v_asked.amount, p_entry, p_at);
    END LOOP;
END $$;

-- A hold past its expiry is over, whether or not anyone has swept it yet.
CREATE OR REPLACE FUNCTION ledger_require_open(p_hold ledger_hold, p_at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF p_hold.state <> 'OPEN' OR p_hold.expires_at <= p_at THEN
        PERFORM ledger_refuse('WL009', 'the hold is not open', jsonb_build_object('hold_id', p_hold.id, 'state',
            CASE WHEN p_hold.state = 'OPEN' THEN 'EXPIRED' ELSE p_hold.state END));
    END IF;
END $$;

-- Gives back part of one hold. The caller has locked its balance and seen that so much is left.
CREATE OR REPLACE FUNCTION ledger_give_back(p_hold ledger_hold, p_amount bigint, p_kind text, p_at timestamptz)
RETURNS ledger_hold LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    v_hold ledger_hold;
BEGIN
    UPDATE ledger_hold AS h
       SET released = h.released + p_amount, version = h.version + 1,
           state = CASE WHEN h.captured + h.released + p_amount < h.amount THEN 'OPEN'
                        WHEN h.captured > 0 THEN 'CAPTURED' ELSE p_kind END
     WHERE h.book = p_hold.book AND h.id = p_hold.id RETURNING h.* INTO v_hold;
    UPDATE ledger_balance AS b SET held = b.held - p_amount
     WHERE b.book = p_hold.book AND b.account = p_hold.account AND b.stripe = 0;
    PERFORM ledger_note_hold(v_hold, p_kind, p_amount, NULL, p_at);
    RETURN v_hold;
END $$;

-- Ends the lapsed holds of one account, whose balance is locked. Returns what became available.
CREATE OR REPLACE FUNCTION ledger_lapse(p_book integer, p_account bigint, p_at timestamptz) RETURNS bigint LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    v_hold  ledger_hold;
    v_total bigint := 0;
BEGIN
    FOR v_hold IN SELECT h.* FROM ledger_hold h
                   WHERE h.book = p_book AND h.account = p_account AND h.state = 'OPEN' AND h.expires_at <= p_at LOOP
        v_total := v_total + v_hold.amount - v_hold.captured - v_hold.released;
        PERFORM ledger_give_back(v_hold, v_hold.amount - v_hold.captured - v_hold.released, 'EXPIRED', p_at);
    END LOOP;
    RETURN v_total;
END $$;

-- Opens a hold, once per id. ``p_sweep`` names the entry that gathers the stripes if stripe 0 alone is short.
CREATE OR REPLACE FUNCTION ledger_hold_open(
    p_book integer, p_hold uuid, p_account bigint, p_destination bigint, p_amount bigint, p_currency text, p_reason text,
    p_expires_at timestamptz, p_at timestamptz, p_despite_freeze boolean, p_sweep uuid
) RETURNS SETOF ledger_hold LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
AS $$
#variable_conflict use_column
DECLARE
    v_currency text := (SELECT a.currency FROM ledger_account a WHERE a.book = p_book AND a.id = p_account);
    v_refused  integer := CASE WHEN p_despite_freeze THEN 4 ELSE 5 END;
    v_locked   boolean := false;
    v_created  timestamptz := clock_timestamp();
    v_hold     ledger_hold;
BEGIN
    IF v_currency IS DISTINCT FROM p_currency THEN
        PERFORM ledger_refuse(CASE WHEN v_currency IS NULL THEN 'WL006' ELSE 'WL005' END, 'no such account in this currency',
                              jsonb_build_object('account_id', p_account, 'currency', p_currency));
    END IF;
    INSERT INTO ledger_hold AS h (book, id, account, destination, amount, expires_at, created_at, reason)
    VALUES (p_book, p_hold, p_account, p_destination, p_amount, p_expires_at, v_created, p_reason)
    ON CONFLICT (book, id) DO NOTHING RETURNING h.* INTO v_hold;
    IF NOT FOUND THEN
        SELECT h.* INTO v_hold FROM ledger_hold h WHERE h.book = p_book AND h.id = p_hold;
        IF (v_hold.account, v_hold.destination, v_hold.amount, v_hold.reason)
           IS DISTINCT FROM (p_account, p_destination, p_amount, p_reason) THEN
            PERFORM ledger_refuse('WL011', 'the hold id was used for another hold', jsonb_build_object('hold_id', p_hold));
        END IF;
        RETURN NEXT v_hold;
        RETURN;
    END IF;
    LOOP
        UPDATE ledger_balance AS b SET held = b.held + p_amount
         WHERE b.book = p_book AND b.account = p_account AND b.stripe = 0
           AND b.flags & v_refused = 0
           AND (b.floor IS NULL OR b.posted - b.held - p_amount >= b.floor);
        EXIT WHEN FOUND;
        IF v_locked THEN
            RAISE EXCEPTION 'the balance of account % takes nothing and says no reason', p_account;
        END IF;
        v_locked := true;
        PERFORM ledger_gather(p_book, p_account, p_amount, v_refused, p_sweep, p_at);
    END LOOP;
    PERFORM ledger_note_hold(v_hold, 'PLACED', p_amount, NULL, p_at);
    RETURN NEXT v_hold;
END $$;

-- ledger_make_room for a hold, which has no entry of its own: a sweep of stripes gets one.
CREATE OR REPLACE FUNCTION ledger_gather(
    p_book integer, p_account bigint, p_amount bigint, p_refused integer, p_sweep uuid, p_at timestamptz
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_created timestamptz := clock_timestamp();
    v_hash    bytea := sha256(convert_to('sweep', 'UTF8') || int8send(p_account) || uuid_send(p_sweep));
    v_seal    bytea := ledger_seal(p_sweep, pg_current_xact_id(), v_hash, p_at, v_created, 'ledger');
BEGIN
    IF ledger_make_room(p_book, p_account, 0::smallint, 0, -p_amount, p_refused, p_sweep, v_seal, p_at, p_at, 20001) > 20001 THEN
        INSERT INTO ledger_entry (book, id, kind, request_hash, effective_at, created_at, actor)
        VALUES (p_book, p_sweep, 'sweep', v_hash, p_at, v_created, 'ledger');
    END IF;
END $$;

-- Locks the balance of a hold and reads the hold after that.
CREATE OR REPLACE FUNCTION ledger_locked_hold(p_book integer, p_hold uuid) RETURNS ledger_hold LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    v_hold ledger_hold;
BEGIN
    PERFORM FROM ledger_balance b
      WHERE b.book = p_book AND b.stripe = 0
        AND b.account = (SELECT h.account FROM ledger_hold h WHERE h.book = p_book AND h.id = p_hold) FOR UPDATE;
    IF NOT FOUND THEN
        PERFORM ledger_refuse('WL012', 'no such hold', jsonb_build_object('hold_id', p_hold));
    END IF;
    SELECT h.* INTO v_hold FROM ledger_hold h WHERE h.book = p_book AND h.id = p_hold;
    RETURN v_hold;
END $$;

-- Releases all that is left (no amount) or a part. Releasing all of a hold that was already released or lapsed changes nothing.
CREATE OR REPLACE FUNCTION ledger_hold_release(p_book integer, p_hold uuid, p_amount bigint, p_at timestamptz)
RETURNS SETOF ledger_hold LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
AS $$
DECLARE
    v_hold   ledger_hold := ledger_locked_hold(p_book, p_hold);
    v_amount bigint := coalesce(p_amount, v_hold.amount - v_hold.captured - v_hold.released);
BEGIN
    IF p_amount IS NULL AND v_hold.state IN ('RELEASED', 'EXPIRED') THEN
        RETURN NEXT v_hold;
        RETURN;
    ELSIF v_hold.state <> 'OPEN' THEN
        PERFORM ledger_require_open(v_hold, p_at);
    ELSIF v_amount <= 0 OR v_amount > v_hold.amount - v_hold.captured - v_hold.released THEN
        PERFORM ledger_refuse('WL010', 'more than the hold has left', jsonb_build_object('hold_id', p_hold,
            'remaining_minor', v_hold.amount - v_hold.captured - v_hold.released));
    END IF;
    RETURN NEXT ledger_give_back(v_hold, v_amount, 'RELEASED', p_at);
END $$;

-- Moves the expiry of an open hold later.
CREATE OR REPLACE FUNCTION ledger_hold_extend(p_book integer, p_hold uuid, p_expires_at timestamptz, p_at timestamptz)
RETURNS SETOF ledger_hold LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
AS $$
#variable_conflict use_column
DECLARE
    v_hold ledger_hold := ledger_locked_hold(p_book, p_hold);
BEGIN
    PERFORM ledger_require_open(v_hold, p_at);
    IF v_hold.expires_at < p_expires_at THEN
        UPDATE ledger_hold AS h SET expires_at = p_expires_at, version = h.version + 1
         WHERE h.book = p_book AND h.id = p_hold RETURNING h.* INTO v_hold;
        PERFORM ledger_note_hold(v_hold, 'EXTENDED', 0, NULL, p_at);
    END IF;
    RETURN NEXT v_hold;
END $$;

-- Ends up to ``p_limit`` lapsed holds, skipping balances that are busy (they are ended when needed, or next time). Returns how many.
CREATE OR REPLACE FUNCTION ledger_hold_expire(p_book integer, p_at timestamptz, p_limit integer)
RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
AS $$
#variable_conflict use_column
DECLARE
    v_account bigint;
    v_before  integer;
    v_count   integer := 0;
BEGIN
    FOR v_account IN
        SELECT DISTINCT d.account FROM (
            SELECT h.account FROM ledger_hold h WHERE h.book = p_book AND h.state = 'OPEN' AND h.expires_at <= p_at
             ORDER BY h.expires_at LIMIT p_limit) d ORDER BY d.account
    LOOP
        PERFORM FROM ledger_balance b WHERE b.book = p_book AND b.account = v_account AND b.stripe = 0 FOR UPDATE SKIP LOCKED;
        CONTINUE WHEN NOT FOUND;
        SELECT count(*) INTO v_before FROM ledger_hold h
         WHERE h.book = p_book AND h.account = v_account AND h.state = 'OPEN' AND h.expires_at <= p_at;
        PERFORM ledger_lapse(p_book, v_account, p_at);
        v_count := v_count + v_before;
    END LOOP;
    RETURN v_count;
END $$;
