-- reads: e_business, e_case, e_clock, e_day, e_fell, e_log_proven, e_proof, r_stage
-- changes: e_due

-- When the staff's clock ends: with the rule's, but never before one business day after the case opened (of a clock in
-- hours, two hours after the staff's day begins), nor before one business day after the stage fell back (19, 20).
insert into e_due (case_no, stage_no, first_at, last_at)
select
    k.case_no,
    k.stage_no,
    case when k.last_at >= g.floor_at then k.first_at else g.floor_at end as first_at,
    greatest(k.last_at, g.floor_at) as last_at
from r_stage as s
inner join e_case as c on c.version_id = s.version_id
inner join e_clock as k on k.case_no = c.case_no and k.stage_no = s.stage_no
left join e_fell as e on e.case_no = c.case_no and e.stage_no = s.stage_no
left join e_proof as p on p.case_no = c.case_no and p.stage_no = s.stage_no
left join e_log_proven as w on w.log_no = c.log_no and w.stage_no = s.stage_no
-- what was proven on the night before and is not now falls back tonight
cross join lateral (
    select case when w.log_no is not null and p.at_least < 2 then %(now)s else e.fell_at end as fell_at
) as f
cross join lateral (select coalesce(c.opened_at, %(now)s::timestamptz) as opened_at) as o
inner join e_day as d on d.day = (o.opened_at at time zone c.zone)::date
inner join e_business as b on b.number = d.upto + 1
left join e_day as x on x.day = (f.fell_at at time zone c.zone)::date
left join e_business as y on y.number = x.upto + 1
cross join lateral (
    select
        case
            when not k.in_hours then (b.day + 1)::timestamp at time zone c.zone - interval '1 microsecond'
            when d.is_business and (d.day + %(day_begins)s::time) at time zone c.zone >= o.opened_at
                then (d.day + %(day_begins)s::time) at time zone c.zone + interval '2 hours'
            else (b.day + %(day_begins)s::time) at time zone c.zone + interval '2 hours'
        end as opened_at,
        (y.day + 1)::timestamp at time zone c.zone - interval '1 microsecond' as fell_at
) as l
cross join lateral (select greatest(l.opened_at, l.fell_at) as floor_at) as g
where s.late_level = %(level)s;
