-- reads: operations.decision, operations.exception, operations.reason, w_overpaid, w_state
-- makes: w_exception
-- changes: operations.exception
-- counts: exceptions_opened

-- Exceptions follow the state: one opens when a case needs a person, and clears when it no longer does.
-- First undo what an earlier run of this night did.
update operations.exception as e
set status = 'open', closed_seq = null, resolution = null, decision_id = null
from w_state as t
where e.case_id = t.case_id and e.closed_seq = %(seq)s;

delete from operations.exception as e
using w_state as t
where e.case_id = t.case_id and e.opened_seq = %(seq)s and e.about_kind = 'case'
    and not exists (
        select from operations.decision as d
        where d.about_kind = 'exception' and d.about_id = e.exception_id::text
    );

-- A named person resolved it.
update operations.exception as e
set status = 'resolved',
    closed_seq = %(seq)s,
    resolution = coalesce(d.detail ->> 'action', d.kind) || case d.note when '' then '' else ': ' || d.note end,
    decision_id = d.decision_id
from operations.decision as d
where d.about_kind = 'exception' and d.about_id = e.exception_id::text
    and d.known_seq > %(since)s and d.known_seq <= %(seq)s
    and coalesce(d.detail ->> 'action', d.kind) <> 'assign'
    -- a file that is read again closes it once it can be read
    and not (e.about_kind = 'file' and d.kind = 'retry')
    and e.status = 'open';

-- Given to a team, it has no other owner; given to a person, it stays with its team. The last word counts.
update operations.exception as e
set owner_team = coalesce(d.owner_team, e.owner_team),
    owner = d.owner
from (
    select
        a.about_id,
        (array_agg(a.detail ->> 'owner_team' order by a.decided_at desc) filter (
            where a.detail ? 'owner_team'
        ))[1] as owner_team,
        (array_agg(
            case when not a.detail ? 'owner_team' then a.detail ->> 'owner' end
            order by a.decided_at desc, a.decision_id
        ))[1] as owner
    from operations.decision as a
    where a.about_kind = 'exception'
        and a.known_seq > %(since)s and a.known_seq <= %(seq)s
        and a.detail ->> 'action' = 'assign'
    group by a.about_id
) as d
where d.about_id = e.exception_id::text;

create temp table w_exception on commit drop as
select
    t.case_id,
    t.person_id,
    t.stage,
    t.wanted_kind as reason,
    t.wanted_due_at,
    case when t.wanted_kind not in ('level_not_stated', 'reconciliation_not_stated') then t.expected_amount end as amount,
    t.owner_team,
    t.wanted_detail as detail,
    (
        select count(*) from operations.exception as e
        where e.case_id = t.case_id and e.reason = t.wanted_kind and e.detail ->> 'stage' = t.stage
            and e.closed_seq is not null
    ) as occurrence
from w_state as t
where t.status = 'open' and t.wanted = 'exception'
union all
select o.case_id, o.person_id, 'settled', 'overpayment', null, o.paid, 'compliance', '{}'::jsonb, 0
from w_overpaid as o;

update operations.exception as e
set status = 'cleared', closed_seq = %(seq)s, resolution = 'evidence moved the case on'
from w_state as t
where e.case_id = t.case_id and e.status = 'open' and e.about_kind = 'case'
    and e.reason <> 'overpayment'
    and not exists (
        select from w_exception as w
        where w.case_id = e.case_id and w.reason = e.reason and w.stage = e.detail ->> 'stage'
    );

-- count: exceptions_opened
insert into operations.exception (
    exception_id, about_kind, about_id, reason, owner_team, opened_seq, opened_at, due_at, person_id,
    case_id, amount, detail
)
select
    md5(concat_ws('|', 'exception', w.reason, 'case', w.case_id, w.stage, w.occurrence))::uuid,
    'case', w.case_id::text, w.reason,
    case when r.reason in ('missed_clock', 'attempts_exhausted', 'verify_by_hand')
        then w.owner_team else r.owner_team end,
    %(seq)s, %(as_of)s,
    cases.day_end(%(business_date)s::date + r.due_days),
    w.person_id, w.case_id, w.amount,
    w.detail || jsonb_build_object('stage', w.stage)
from w_exception as w
inner join operations.reason as r on r.reason = w.reason
where not exists (
    select from operations.exception as e
    where e.case_id = w.case_id and e.reason = w.reason and e.detail ->> 'stage' = w.stage
        and e.status = 'open'
)
on conflict do nothing;
