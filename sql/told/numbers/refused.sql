-- reads: operations.night, operations.refused_act

-- Acts that were refused since the night before, to those who were not allowed them.
select
    r.who,
    r.act,
    r.about_kind,
    r.why,
    count(*) as times
from operations.refused_act as r
where
    r.refused_at >= coalesce((select n.started_at from operations.night as n where n.seq = %(since)s), '-infinity')
    and r.refused_at < coalesce((
        select min(n.started_at) from operations.night as n where n.seq > %(seq)s and n.status <> 'void'
    ), 'infinity')
group by r.who, r.act, r.about_kind, r.why
order by times desc, r.who, r.act, r.about_kind, r.why;
