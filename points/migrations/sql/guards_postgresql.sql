-- The ledger's truths, kept by the database however the rows are written.
-- docs/algorithms/ledger.md explains each trigger under its name.

CREATE FUNCTION points_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused: %', TG_OP, TG_TABLE_NAME, TG_ARGV[0]
        USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE TRIGGER points_entry_append_only BEFORE UPDATE OR DELETE ON points_entry
    FOR EACH ROW EXECUTE FUNCTION points_refuse('entries are append-only');
CREATE TRIGGER points_entry_no_truncate BEFORE TRUNCATE ON points_entry
    FOR EACH STATEMENT EXECUTE FUNCTION points_refuse('entries are append-only');
CREATE TRIGGER points_account_kept BEFORE DELETE ON points_account
    FOR EACH ROW EXECUTE FUNCTION points_refuse('accounts are kept');
CREATE TRIGGER points_lot_kept BEFORE DELETE ON points_lot
    FOR EACH ROW EXECUTE FUNCTION points_refuse('lots are kept');
CREATE TRIGGER points_lotuse_kept BEFORE DELETE ON points_lotuse
    FOR EACH ROW EXECUTE FUNCTION points_refuse('uses of lots are kept');
CREATE TRIGGER points_hold_kept BEFORE DELETE ON points_hold
    FOR EACH ROW EXECUTE FUNCTION points_refuse('holds are kept');
CREATE TRIGGER points_account_no_truncate BEFORE TRUNCATE ON points_account
    FOR EACH STATEMENT EXECUTE FUNCTION points_refuse('accounts are kept');
CREATE TRIGGER points_lot_no_truncate BEFORE TRUNCATE ON points_lot
    FOR EACH STATEMENT EXECUTE FUNCTION points_refuse('lots are kept');
CREATE TRIGGER points_lotuse_no_truncate BEFORE TRUNCATE ON points_lotuse
    FOR EACH STATEMENT EXECUTE FUNCTION points_refuse('uses of lots are kept');
CREATE TRIGGER points_hold_no_truncate BEFORE TRUNCATE ON points_hold
    FOR EACH STATEMENT EXECUTE FUNCTION points_refuse('holds are kept');

-- Rules are written in functions rather than as CHECKs or WHEN clauses: PostgreSQL parses those
-- anew for every statement (measured: two thirds of inserting an entry), a function once a session.
CREATE FUNCTION points_breach(what text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', what USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE FUNCTION points_entry_check() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    account_status text;
    prior record;
    top CONSTANT bigint := 1000000000000000;
BEGIN
    SELECT status INTO account_status FROM points_account WHERE id = NEW.account_id;
    IF NOT FOUND THEN
        PERFORM points_breach('entry without an account');
    END IF;
    IF account_status = 'frozen' AND (
        NEW.kind IN ('spend', 'hold', 'capture', 'mature', 'transfer_out', 'transfer_in')
        OR (NEW.kind = 'adjust' AND NEW.d_available < 0)
        OR (NEW.kind = 'earn' AND NEW.d_available > 0)
    ) THEN
        PERFORM points_breach('account is frozen');
    END IF;
    IF NEW.reference = '' OR NEW.actor = '' OR NEW.source = '' OR NEW.explanation = '' THEN
        PERFORM points_breach('entry without reference, source, actor or explanation');
    END IF;
    -- Reserving and crediting move points within an account; they create none (I1).
    IF NEW.kind IN ('hold', 'release', 'mature')
       AND NEW.d_debt <> NEW.d_available + NEW.d_held + NEW.d_pending THEN
        PERFORM points_breach('entry moves points that it should only reserve or credit');
    END IF;
    IF NOT (CASE NEW.kind
        WHEN 'earn' THEN NEW.d_available >= 0 AND NEW.d_pending >= 0 AND NEW.d_held = 0
            AND NEW.d_debt <= 0
        WHEN 'spend' THEN NEW.d_available < 0 AND NEW.d_held = 0 AND NEW.d_pending = 0
            AND NEW.d_debt = 0
        WHEN 'hold' THEN NEW.d_available < 0 AND NEW.d_held > 0 AND NEW.d_pending = 0
            AND NEW.d_debt = 0
        WHEN 'capture' THEN NEW.d_available = 0 AND NEW.d_held < 0 AND NEW.d_pending = 0
            AND NEW.d_debt = 0
        WHEN 'release' THEN NEW.d_available >= 0 AND NEW.d_held < 0 AND NEW.d_pending = 0
            AND NEW.d_debt <= 0
        WHEN 'mature' THEN NEW.d_available >= 0 AND NEW.d_held = 0 AND NEW.d_pending < 0
            AND NEW.d_debt <= 0
        WHEN 'restore' THEN NEW.d_available >= 0 AND NEW.d_held = 0 AND NEW.d_pending = 0
            AND NEW.d_debt <= 0
        WHEN 'transfer_in' THEN NEW.d_available >= 0 AND NEW.d_held = 0 AND NEW.d_pending = 0
            AND NEW.d_debt <= 0
        WHEN 'transfer_out' THEN NEW.d_available < 0 AND NEW.d_held = 0 AND NEW.d_pending = 0
            AND NEW.d_debt = 0
        WHEN 'expire' THEN NEW.d_available < 0 AND NEW.d_held = 0 AND NEW.d_pending = 0
            AND NEW.d_debt = 0
        WHEN 'clawback' THEN NEW.d_available <= 0 AND NEW.d_held = 0 AND NEW.d_pending <= 0
            AND NEW.d_debt >= 0
        WHEN 'adjust' THEN NEW.d_held = 0 AND NEW.d_pending = 0 AND NEW.d_debt <= 0
        WHEN 'freeze' THEN NEW.d_available = 0 AND NEW.d_held = 0 AND NEW.d_pending = 0
            AND NEW.d_debt = 0
        WHEN 'unfreeze' THEN NEW.d_available = 0 AND NEW.d_held = 0 AND NEW.d_pending = 0
            AND NEW.d_debt = 0
        ELSE false
    END) THEN
        PERFORM points_breach('entry of this kind cannot change the account that way');
    END IF;
    IF NEW.available_after NOT BETWEEN 0 AND top OR NEW.held_after NOT BETWEEN 0 AND top
       OR NEW.pending_after NOT BETWEEN 0 AND top OR NEW.debt_after NOT BETWEEN 0 AND top THEN
        PERFORM points_breach('a figure is out of range');
    END IF;
    IF NEW.seq = 1 THEN
        IF NEW.available_after = NEW.d_available AND NEW.held_after = NEW.d_held
           AND NEW.pending_after = NEW.d_pending AND NEW.debt_after = NEW.d_debt THEN
            RETURN NEW;
        END IF;
    ELSE
        SELECT available_after, held_after, pending_after, debt_after INTO prior
            FROM points_entry WHERE account_id = NEW.account_id AND seq = NEW.seq - 1;
        IF FOUND AND NEW.available_after = prior.available_after + NEW.d_available
           AND NEW.held_after = prior.held_after + NEW.d_held
           AND NEW.pending_after = prior.pending_after + NEW.d_pending
           AND NEW.debt_after = prior.debt_after + NEW.d_debt THEN
            RETURN NEW;
        END IF;
    END IF;
    PERFORM points_breach('entry does not follow the one before it');
END $$;
CREATE TRIGGER points_entry_follows BEFORE INSERT ON points_entry
    FOR EACH ROW EXECUTE FUNCTION points_entry_check();

CREATE FUNCTION points_account_check() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.id <> OLD.id OR NEW.member_id <> OLD.member_id OR NEW.unit <> OLD.unit
       OR NEW.opened_at <> OLD.opened_at THEN
        PERFORM points_breach('an account keeps its owner');
    END IF;
    IF NEW.status NOT IN ('active', 'frozen') THEN
        PERFORM points_breach('an account is active or frozen');
    END IF;
    IF NEW.seq <> OLD.seq OR NEW.available <> OLD.available OR NEW.held <> OLD.held
       OR NEW.pending <> OLD.pending OR NEW.debt <> OLD.debt OR NEW.chain <> OLD.chain THEN
        IF NEW.seq < OLD.seq OR NOT EXISTS (
            SELECT 1 FROM points_entry e
            WHERE e.account_id = NEW.id AND e.seq = NEW.seq
              AND e.available_after = NEW.available AND e.held_after = NEW.held
              AND e.pending_after = NEW.pending AND e.debt_after = NEW.debt AND e.hash = NEW.chain
        ) THEN
            PERFORM points_breach('account does not equal its last entry');
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER points_account_follows BEFORE UPDATE ON points_account
    FOR EACH ROW EXECUTE FUNCTION points_account_check();
CREATE FUNCTION points_account_opens_empty() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.available + NEW.held + NEW.pending + NEW.debt + NEW.seq <> 0
       OR NEW.status <> 'active' OR NEW.unit NOT IN ('points', 'growth') THEN
        PERFORM points_breach('an account opens empty');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER points_account_opens BEFORE INSERT ON points_account
    FOR EACH ROW EXECUTE FUNCTION points_account_opens_empty();

CREATE FUNCTION points_lot_check() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.remaining < 0 OR NEW.spent < 0 OR NEW.expired < 0 OR NEW.clawed < 0 OR NEW.held < 0
       OR NEW.settled < 0 OR NEW.held > NEW.remaining OR NEW.settled > NEW.expired
       OR NEW.granted NOT BETWEEN 1 AND 1000000000000000 THEN
        PERFORM points_breach('a figure of a lot is out of range');
    END IF;
    IF NOT (CASE NEW.state
        WHEN 'open' THEN NEW.remaining > 0
        WHEN 'closed' THEN NEW.remaining = 0
        WHEN 'pending' THEN NEW.remaining > 0 AND NEW.held = 0 AND NEW.spent = 0
            AND NEW.expired = 0
        ELSE false
    END) OR (NEW.expired > 0) <> (NEW.expired_by_id IS NOT NULL) THEN
        PERFORM points_breach('the state of a lot is not what its figures say');
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (SELECT 1 FROM points_entry
                       WHERE id = NEW.entry_id AND account_id = NEW.account_id) THEN
            PERFORM points_breach('lot without its entry');
        END IF;
    ELSIF NEW.id <> OLD.id OR NEW.account_id <> OLD.account_id OR NEW.entry_id <> OLD.entry_id
          OR NEW.granted <> OLD.granted OR NEW.earned_at <> OLD.earned_at
          OR NEW.expires_at <> OLD.expires_at
          OR (OLD.expired > 0 AND (NEW.expired <> OLD.expired
                                   OR NEW.expired_by_id IS DISTINCT FROM OLD.expired_by_id)) THEN
        PERFORM points_breach('what a lot granted, until when, and its expiry are final');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER points_lot_granted BEFORE INSERT ON points_lot
    FOR EACH ROW EXECUTE FUNCTION points_lot_check();
CREATE TRIGGER points_lot_identity BEFORE UPDATE ON points_lot
    FOR EACH ROW EXECUTE FUNCTION points_lot_check();

CREATE FUNCTION points_lotuse_check() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    kind text;
    at timestamptz;
    dies timestamptz;
BEGIN
    IF NOT (CASE WHEN NEW.amount > 0 THEN
            NEW.restored >= 0 AND NEW.forfeited >= 0 AND NEW.undoes_id IS NULL
            AND NEW.restored + NEW.forfeited <= NEW.amount
        ELSE NEW.amount < 0 AND NEW.restored = 0 AND NEW.forfeited = 0
            AND NEW.undoes_id IS NOT NULL
    END) OR NEW.bucket NOT IN ('spent', 'held', 'clawed') THEN
        PERFORM points_breach('a use is given back at most once');
    END IF;
    IF TG_OP = 'UPDATE' THEN
        IF NEW.id <> OLD.id OR NEW.entry_id <> OLD.entry_id OR NEW.lot_id <> OLD.lot_id
           OR NEW.bucket <> OLD.bucket OR NEW.amount <> OLD.amount
           OR NEW.restored < OLD.restored OR NEW.forfeited < OLD.forfeited THEN
            PERFORM points_breach('what was taken from a lot is final');
        END IF;
        RETURN NEW;
    END IF;
    SELECT e.kind, e.occurred_at, l.expires_at INTO kind, at, dies
        FROM points_entry e, points_lot l
        WHERE e.id = NEW.entry_id AND l.id = NEW.lot_id AND l.account_id = e.account_id;
    IF NOT FOUND THEN
        PERFORM points_breach('entry and lot do not belong together');
    END IF;
    IF NEW.amount > 0 AND dies <= at AND kind IN ('spend', 'hold', 'transfer_out', 'adjust') THEN
        PERFORM points_breach('lot had lapsed');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER points_lotuse_bound BEFORE INSERT ON points_lotuse
    FOR EACH ROW EXECUTE FUNCTION points_lotuse_check();
CREATE TRIGGER points_lotuse_identity BEFORE UPDATE ON points_lotuse
    FOR EACH ROW EXECUTE FUNCTION points_lotuse_check();

CREATE TRIGGER points_hold_identity BEFORE UPDATE ON points_hold FOR EACH ROW
    WHEN (NEW.entry_id <> OLD.entry_id OR NEW.points <> OLD.points OR OLD.state <> 'active')
    EXECUTE FUNCTION points_refuse('a closed hold is final');

-- Updates of hot rows stay on their page, and vacuum keeps up with them.
ALTER TABLE points_account SET (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02);
ALTER TABLE points_lot SET (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.02);
ALTER TABLE points_entry SET (autovacuum_vacuum_insert_scale_factor = 0.05);
