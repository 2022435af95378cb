-- depends: 0001.roles-and-schemas

-- A night is one run of the chain for a business date. Its number is the knowledge time.
create table operations.night (
    seq bigint primary key,
    business_date date not null,
    kind text not null check (kind in ('nightly', 'rerun', 'intraday')),
    -- the moment up to which the sources are asked, and the "now" of every clock of this night
    cut_off timestamptz not null,
    status text not null default 'running'
        check (status in ('running', 'finished', 'failed', 'void')),
    started_at timestamptz not null default clock_timestamp(),
    finished_at timestamptz,
    counts jsonb not null default '{}'::jsonb,
    code_revision text,
    definition_hashes jsonb not null default '{}'::jsonb,
    state_digest text,
    plan_digest text,
    failed_step text,
    reason text
);

create index night_business_date on operations.night (business_date, seq);

-- What each step of the night did: read by the progress lines, the summary and the page.
create table operations.step (
    seq bigint not null,
    step text not null,
    part text not null default '',
    status text not null check (status in ('running', 'done', 'failed')),
    started_at timestamptz not null default clock_timestamp(),
    finished_at timestamptz,
    seconds numeric,
    row_count bigint,
    detail jsonb not null default '{}'::jsonb,
    primary key (seq, step, part)
);

-- The chain's lease: one row, held by one night at a time, taken in date order.
create table operations.lease (
    name text primary key,
    holder text,
    business_date date,
    taken_at timestamptz,
    expires_at timestamptz
);

-- The work list of a night: the persons whose state has to be derived again, and why.
create table operations.work_item (
    seq bigint not null,
    person_id uuid not null,
    reason text not null,
    primary key (seq, person_id, reason)
);

create table operations.decision (
    decision_id uuid primary key,
    decided_at timestamptz not null default clock_timestamp(),
    decided_by text not null check (decided_by <> ''),
    kind text not null,
    about_kind text not null,
    about_id text not null,
    note text not null default '',
    detail jsonb not null default '{}'::jsonb,
    -- the night that first took it as an input; null until one has
    known_seq bigint
);

create index decision_about on operations.decision (about_kind, about_id);
create index decision_untaken on operations.decision (decided_at) where known_seq is null;
create index decision_known on operations.decision (known_seq);

create function operations.refuse_change() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE'
        and old.known_seq is null
        and (to_jsonb(new) - 'known_seq') = (to_jsonb(old) - 'known_seq') then
        return new;
    end if;
    raise exception 'operations.decision is append-only';
end
$$;

create trigger decision_append_only before update or delete on operations.decision
for each row execute function operations.refuse_change();

create table operations.exception (
    exception_id uuid primary key,
    about_kind text not null,
    about_id text not null,
    reason text not null,
    owner_team text not null,
    owner text,
    opened_seq bigint not null,
    opened_at timestamptz not null,
    due_at timestamptz not null,
    status text not null default 'open' check (status in ('open', 'resolved', 'cleared')),
    closed_seq bigint,
    resolution text,
    decision_id uuid,
    person_id uuid,
    case_id uuid,
    amount numeric(14, 2),
    detail jsonb not null default '{}'::jsonb
);

create index exception_open on operations.exception (owner_team, due_at) where status = 'open';
create index exception_about on operations.exception (about_kind, about_id);
create index exception_case on operations.exception (case_id) where status = 'open';
create index exception_opened on operations.exception (opened_seq);
create index exception_closed on operations.exception (closed_seq);

-- What was prevented: a contact or a claim that was planned and then stopped before it was sent.
create table operations.prevented (
    seq bigint not null,
    effect_key text not null,
    kind text not null,
    reason text not null,
    person_id uuid,
    case_id uuid,
    at timestamptz not null default clock_timestamp(),
    primary key (seq, effect_key, reason)
);
