-- depends: 0002.operations

create table landing.batch (
    batch_id uuid primary key,
    source text not null,
    feed text not null,
    business_date date not null,
    known_seq bigint not null,
    received_at timestamptz not null,
    sha256 text not null,
    -- received: landed; staged: parsed; loaded: in core; stopped: waits for release;
    -- rejected: by a named person; refused: no envelope could be read; duplicate: content seen before
    status text not null check (
        status in ('received', 'staged', 'loaded', 'stopped', 'rejected', 'refused', 'duplicate')
    ),
    -- what the source says it is complete up to
    watermark timestamptz,
    rows_received bigint not null default 0,
    rows_loaded bigint not null default 0,
    rows_superseded bigint not null default 0,
    rows_quarantined bigint not null default 0,
    rows_rejected bigint not null default 0,
    rows_pending bigint not null default 0,
    check (
        rows_received
        = rows_loaded + rows_superseded + rows_quarantined + rows_rejected + rows_pending
    ),
    unique (source, feed, business_date, known_seq)
);

create index batch_known on landing.batch (known_seq);
create index batch_feed on landing.batch (source, feed, business_date);

create table landing.file (
    file_id uuid primary key,
    source text not null,
    business_date date not null,
    known_seq bigint not null,
    -- the name it had at the source, which proves nothing, and where the bytes are now
    original_name text not null,
    path text not null,
    bytes bigint not null,
    sha256 text not null,
    received_at timestamptz not null,
    status text not null check (status in ('landed', 'duplicate', 'refused')),
    duplicate_of uuid references landing.file (file_id),
    refused_reason text
);

create index file_content on landing.file (source, sha256);
create index file_known on landing.file (known_seq);

create table landing.batch_file (
    batch_id uuid not null references landing.batch (batch_id) on delete cascade,
    file_id uuid not null references landing.file (file_id),
    row_count bigint not null default 0,
    primary key (batch_id, file_id)
);

-- How far each feed has been read, committed together with the load it describes.
create table landing.watermark (
    source text not null,
    feed text not null,
    known_seq bigint not null,
    watermark timestamptz not null,
    primary key (source, feed, known_seq)
);

create table quality.verdict (
    verdict_id uuid primary key,
    batch_id uuid not null references landing.batch (batch_id) on delete cascade,
    known_seq bigint not null,
    suite text not null,
    verdict text not null check (verdict in ('pass', 'warn', 'quarantine', 'stop')),
    expectations int not null,
    failed int not null,
    data_docs text,
    detail jsonb not null default '[]'::jsonb,
    decided_at timestamptz not null default clock_timestamp()
);

create index verdict_batch on quality.verdict (batch_id);
create index verdict_known on quality.verdict (known_seq);

create table quality.quarantine (
    quarantine_id uuid primary key,
    batch_id uuid not null references landing.batch (batch_id) on delete cascade,
    file_id uuid,
    source text not null,
    feed text not null,
    known_seq bigint not null,
    -- the row's identity: its place in the file, and the source's id where one could be read
    row_no bigint not null,
    source_id text,
    reason text not null,
    payload text,
    status text not null default 'open'
        check (status in ('open', 'released', 'rejected', 'corrected')),
    closed_seq bigint,
    decision_id uuid,
    unique (batch_id, file_id, row_no, reason)
);

create index quarantine_open on quality.quarantine (source, feed) where status = 'open';
create index quarantine_id on quality.quarantine (source, feed, source_id) where status = 'open';
create index quarantine_known on quality.quarantine (known_seq);
