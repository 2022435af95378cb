-- depends: 0310.restored-warehouse

-- Whether sending is paused: by a named person's decision, at once. Nights read it as of their number.
create view operations.sending_pause as
select d.decision_id, d.decided_by, d.decided_at, d.known_seq
from operations.decision as d
where d.about_kind = 'sending'
    and d.kind = 'pause_sending'
    and not exists (
        select from operations.decision as later
        where later.about_kind = 'sending' and later.decided_at > d.decided_at
    );

create index decision_of_sending on operations.decision (decided_at) where about_kind = 'sending';

-- Whether sending was paused at any time after the decisions of night from_seq were taken, as far as night to_seq knows.
create function operations.was_paused(from_seq bigint, to_seq bigint) returns boolean
language sql stable as $$
    select exists (
        select from operations.decision as d
        where d.about_kind = 'sending' and d.kind = 'pause_sending' and d.known_seq <= to_seq
            and not exists (
                select from operations.decision as r
                where r.about_kind = 'sending' and r.kind = 'resume_sending' and r.decided_at > d.decided_at
                    and r.known_seq <= from_seq
            )
    )
$$;

revoke all on operations.sending_pause from throughline_loader, throughline_loop;
grant select on operations.sending_pause to throughline_loop, throughline_reader, throughline_decider;

comment on view operations.sending_pause is 'The pause of sending, if there is one: nothing goes out until a named person resumes it.';
comment on column operations.sending_pause.decision_id is 'The decision (operations.decision).';
comment on column operations.sending_pause.decided_by is 'Who paused it.';
comment on column operations.sending_pause.decided_at is 'When; it counts from that moment.';
comment on column operations.sending_pause.known_seq is 'The night in which we learned it (operations.night). Null: none has taken it yet.';
comment on function operations.was_paused is 'Whether sending was paused between two nights, by the decisions that the later one knows.';
