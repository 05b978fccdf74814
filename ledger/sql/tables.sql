-- The rows of the ledger. Every key begins with the book; no row of another app is pointed at; all constraints have names.
-- Hot rows carry no foreign keys (each would lock the account's row): only the functions write, and check_ledger proves the links.
-- Each CHECK is parsed again by every statement on a hot row, so there are few of them.
-- Amounts are bigint minor units, credit-positive. Run once by migration 0001; later shapes are later migrations.

CREATE SEQUENCE ledger_account_number AS bigint MINVALUE 1 MAXVALUE 1099511627775 NO CYCLE;  -- below 2^40; never shown outside

CREATE TABLE ledger_account (
    book        integer     NOT NULL DEFAULT 1,
    stripes     smallint    NOT NULL DEFAULT 1,
    id          bigint      NOT NULL,
    public_id   uuid        NOT NULL,
    owner_kind  text        NOT NULL,
    owner_id    uuid        NOT NULL,
    code        text        NOT NULL,
    kind        text        NOT NULL,
    currency    text        NOT NULL,
    opened_at   timestamptz NOT NULL,
    closed_at   timestamptz,
    CONSTRAINT ledger_account_pkey PRIMARY KEY (book, id),
    CONSTRAINT ledger_account_public_id_key UNIQUE (book, public_id),
    CONSTRAINT ledger_account_owner_key UNIQUE (book, owner_id, owner_kind, code, currency),
    CONSTRAINT ledger_account_id_check CHECK (id BETWEEN 1 AND 144115188075855871),  -- id * 64 + stripe stays a bigint
    CONSTRAINT ledger_account_stripes_check CHECK (stripes BETWEEN 1 AND 64),
    CONSTRAINT ledger_account_kind_check CHECK (kind IN ('liability', 'asset', 'income', 'expense', 'equity')),
    CONSTRAINT ledger_account_currency_check CHECK (currency ~ '^[A-Z][A-Z0-9]{2,7}$')
);

CREATE TABLE ledger_balance (
    book     integer     NOT NULL DEFAULT 1,
    stripe   smallint    NOT NULL DEFAULT 0,
    flags    smallint    NOT NULL DEFAULT 0,   -- 1 no debit, 2 no credit, 4 closed
    account  bigint      NOT NULL,
    id       bigint      NOT NULL,             -- account * 64 + stripe
    posted   bigint      NOT NULL DEFAULT 0,
    held     bigint      NOT NULL DEFAULT 0,
    floor    bigint,
    ceiling  bigint,
    seq      bigint      NOT NULL DEFAULT 0,
    last_at  timestamptz NOT NULL,             -- created_at of the last posting: time never runs backwards within a balance
    head     bytea       NOT NULL,             -- hash of the last posting: the end of this balance's chain
    CONSTRAINT ledger_balance_pkey PRIMARY KEY (book, account, stripe),
    CONSTRAINT ledger_balance_id_key UNIQUE (book, id),
    CONSTRAINT ledger_balance_account_fkey FOREIGN KEY (book, account) REFERENCES ledger_account (book, id),
    CONSTRAINT ledger_balance_shape_check CHECK (held >= 0 AND flags BETWEEN 0 AND 7 AND id = account * 64 + stripe),
    CONSTRAINT ledger_balance_floor_check CHECK (floor IS NULL OR posted - held >= floor),
    CONSTRAINT ledger_balance_ceiling_check CHECK (ceiling IS NULL OR posted <= ceiling)
) WITH (fillfactor = 50);                      -- room for in-page updates of the hot rows

CREATE TABLE ledger_entry (
    book          integer     NOT NULL DEFAULT 1,
    id            uuid        NOT NULL,
    tx            xid8        NOT NULL DEFAULT pg_current_xact_id(),
    effective_at  timestamptz NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    reverses      uuid,
    kind          text        NOT NULL,
    actor         text        NOT NULL,
    reference     text        NOT NULL DEFAULT '',
    request_hash  bytea       NOT NULL,
    details       jsonb       NOT NULL DEFAULT '{}',
    CONSTRAINT ledger_entry_pkey PRIMARY KEY (book, id),
    CONSTRAINT ledger_entry_reverses_fkey FOREIGN KEY (book, reverses) REFERENCES ledger_entry (book, id),
    CONSTRAINT ledger_entry_shape_check CHECK (kind <> '' AND octet_length(request_hash) = 32 AND jsonb_typeof(details) = 'object')
);
CREATE UNIQUE INDEX ledger_entry_reverses_key ON ledger_entry (book, reverses) WHERE reverses IS NOT NULL;
-- What a checkpoint leaves to the next one. Costs an insert nothing: a summary per 32 pages.
CREATE INDEX ledger_entry_by_tx ON ledger_entry USING brin (book, (tx::text::bigint)) WITH (pages_per_range = 32, autosummarize = on);

CREATE TABLE ledger_posting (
    book          integer     NOT NULL DEFAULT 1,
    stripe        smallint    NOT NULL,
    line          smallint    NOT NULL,        -- position in the entry; moves between stripes come after the caller's legs
    account       bigint      NOT NULL,
    seq           bigint      NOT NULL,
    entry         uuid        NOT NULL,
    amount        bigint      NOT NULL,
    posted_after  bigint      NOT NULL,
    held_after    bigint      NOT NULL,
    effective_at  timestamptz NOT NULL,
    created_at    timestamptz NOT NULL,
    currency      text        NOT NULL,
    hash          bytea       NOT NULL,
    CONSTRAINT ledger_posting_pkey PRIMARY KEY (book, entry, line),
    CONSTRAINT ledger_posting_seq_key UNIQUE (book, account, stripe, seq),
    CONSTRAINT ledger_posting_amount_check CHECK (amount <> 0)
);

CREATE TABLE ledger_hold (
    book         integer     NOT NULL DEFAULT 1,
    version      integer     NOT NULL DEFAULT 1,   -- how many events it has
    id           uuid        NOT NULL,
    account      bigint      NOT NULL,
    destination  bigint,
    amount       bigint      NOT NULL,
    captured     bigint      NOT NULL DEFAULT 0,
    released     bigint      NOT NULL DEFAULT 0,
    expires_at   timestamptz,
    created_at   timestamptz NOT NULL,
    reason       text        NOT NULL,
    state        text        NOT NULL DEFAULT 'OPEN',
    CONSTRAINT ledger_hold_pkey PRIMARY KEY (book, id),
    CONSTRAINT ledger_hold_amount_check CHECK (amount > 0),
    CONSTRAINT ledger_hold_parts_check CHECK (captured >= 0 AND released >= 0 AND captured + released <= amount),
    CONSTRAINT ledger_hold_reason_check CHECK (reason ~ '^[A-Z][A-Z0-9_]{1,39}$'),
    CONSTRAINT ledger_hold_state_check CHECK (
        state IN ('OPEN', 'CAPTURED', 'RELEASED', 'EXPIRED') AND (state = 'OPEN') = (captured + released < amount)
    )
);
CREATE INDEX ledger_hold_open_by_account ON ledger_hold (book, account) WHERE state = 'OPEN';
CREATE INDEX ledger_hold_open_by_expiry ON ledger_hold (book, expires_at) WHERE state = 'OPEN';

CREATE TABLE ledger_hold_event (
    book        integer     NOT NULL DEFAULT 1,
    no          integer     NOT NULL,
    hold        uuid        NOT NULL,
    amount      bigint      NOT NULL,
    entry       uuid,                          -- of a capture
    expires_at  timestamptz,                   -- as it stands after this event
    at          timestamptz NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    kind        text        NOT NULL,
    hash        bytea,                         -- of the event before it and of this one; the first follows the hold itself
    CONSTRAINT ledger_hold_event_pkey PRIMARY KEY (book, hold, no),
    CONSTRAINT ledger_hold_event_kind_check CHECK (kind IN ('PLACED', 'CAPTURED', 'RELEASED', 'EXPIRED', 'EXTENDED')),
    CONSTRAINT ledger_hold_event_entry_check CHECK ((kind = 'CAPTURED') = (entry IS NOT NULL))
);

CREATE TABLE ledger_checkpoint (
    book           integer     NOT NULL DEFAULT 1,
    no             integer     NOT NULL,
    watermark      xid8        NOT NULL,
    count          bigint      NOT NULL,
    root           bytea       NOT NULL,
    previous_root  bytea,
    signature      bytea       NOT NULL,
    created_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    key_id         text        NOT NULL,       -- which public key verifies the signature
    CONSTRAINT ledger_checkpoint_pkey PRIMARY KEY (book, no),
    CONSTRAINT ledger_checkpoint_no_check CHECK (no >= 1),
    CONSTRAINT ledger_checkpoint_first_check CHECK ((no = 1) = (previous_root IS NULL))
);

-- What an account was allowed from when on: flags, floor and ceiling of its stripe 0 after each change.
CREATE TABLE ledger_account_event (
    book        integer     NOT NULL DEFAULT 1,
    no          integer     NOT NULL,
    flags       smallint    NOT NULL,
    account     bigint      NOT NULL,
    floor       bigint,
    ceiling     bigint,
    at          timestamptz NOT NULL,
    created_at  timestamptz NOT NULL,
    kind        text        NOT NULL,
    hash        bytea       NOT NULL,
    CONSTRAINT ledger_account_event_pkey PRIMARY KEY (book, account, no),
    CONSTRAINT ledger_account_event_kind_check CHECK (kind IN ('OPENED', 'FLAGGED', 'LIMITED', 'CLOSED')),
    CONSTRAINT ledger_account_event_hash_check CHECK (octet_length(hash) = 32)
);

-- What check_ledger found, each time it looked at everything.
CREATE TABLE ledger_check (
    book        integer     NOT NULL DEFAULT 1,
    no          integer     NOT NULL,
    postings    bigint      NOT NULL,
    took_ms     bigint      NOT NULL,
    begun_at    timestamptz NOT NULL,
    since       timestamptz,
    wrong       jsonb       NOT NULL,          -- the first wrong rows: [[check, where, found], …]
    CONSTRAINT ledger_check_pkey PRIMARY KEY (book, no),
    CONSTRAINT ledger_check_wrong_check CHECK (jsonb_typeof(wrong) = 'array')
);
