-- depends: 0174.record-numbers-by-system

-- A server may take hours over an export. Its address outlives the night that asked, so that a night which was killed,
-- or went on without it, does not make the server begin again.
create table landing.export_job (
    job_id uuid primary key,
    source text not null,
    known_seq bigint not null,
    business_date date not null,
    feeds text[] not null,
    since timestamptz,
    asked text not null,
    status_url text not null,
    asked_at timestamptz not null default clock_timestamp(),
    status text not null default 'running'
        check (status in ('running', 'landed', 'expired', 'lost', 'given_up')),
    ended_seq bigint,
    ended_at timestamptz,
    released_at timestamptz,
    check ((status = 'running') = (ended_at is null))
);

create index export_job_open on landing.export_job (source) where released_at is null;

comment on table landing.export_job is 'Bulk Data exports that a server was asked for. One that is running is taken up again by the next night that wants the same.';
comment on column landing.export_job.known_seq is 'The night that asked.';
comment on column landing.export_job.business_date is 'The business date of the night that asked.';
comment on column landing.export_job.feeds is 'The feeds whose types were asked for.';
comment on column landing.export_job.since is 'The moment after which changes were asked for; null for everything.';
comment on column landing.export_job.asked is 'A hash of the level, the group, the filters and the leniency that were asked for.';
comment on column landing.export_job.status_url is 'The address of its status, from which its manifest is read.';
comment on column landing.export_job.asked_at is 'When the server took the request, by our clock.';
comment on column landing.export_job.status is 'running: not read yet. landed: its files are landed. expired: its files were gone before we had them. lost: the server no longer knew it, or failed. given_up: not wanted any more.';
comment on column landing.export_job.ended_seq is 'The night in which it ended.';
comment on column landing.export_job.ended_at is 'When it ended, by our clock.';
comment on column landing.export_job.released_at is 'When the server was told that it may delete the files.';
