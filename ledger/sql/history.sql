-- Reading the past. Within a balance seq has no gaps and created_at never runs backwards, so the last posting at a moment
-- is found by halving: some twenty index look-ups among millions of postings.

CREATE OR REPLACE FUNCTION ledger_seq_at(p_book integer, p_account bigint, p_stripe smallint, p_at timestamptz)
RETURNS bigint LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, public, pg_temp
SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
DECLARE
    v_low  bigint := 0;  -- known to be at or before the moment
    v_high bigint := (SELECT max(p.seq) FROM ledger_posting p WHERE p.book = p_book AND p.account = p_account AND p.stripe = p_stripe);
    v_mid  bigint;
BEGIN
    WHILE v_low < coalesce(v_high, 0) LOOP
        v_mid := (v_low + v_high + 1) / 2;
        IF (SELECT p.created_at FROM ledger_posting p
             WHERE p.book = p_book AND p.account = p_account AND p.stripe = p_stripe AND p.seq = v_mid) <= p_at THEN
            v_low := v_mid;
        ELSE
            v_high := v_mid - 1;
        END IF;
    END LOOP;
    RETURN v_low;
END $$;

-- What was posted on an account at a moment, over all its stripes.
CREATE OR REPLACE FUNCTION ledger_balance_at(p_book integer, p_account bigint, p_at timestamptz)
RETURNS numeric LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT coalesce(sum(p.posted_after), 0)
      FROM (SELECT b.account, b.stripe, ledger_seq_at(b.book, b.account, b.stripe, p_at) AS seq FROM ledger_balance b
             WHERE b.book = p_book AND b.account = p_account OFFSET 0) b  -- once per stripe, never per posting
      CROSS JOIN LATERAL (SELECT p.posted_after FROM ledger_posting p
                           WHERE p.book = p_book AND p.account = b.account AND p.stripe = b.stripe AND p.seq = b.seq OFFSET 0) p
$$;
