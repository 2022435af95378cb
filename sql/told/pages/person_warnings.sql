-- reads: evidence.fact, identity.link

-- What somebody should know before calling: what stands of a person's death, hospice care and refusals.
select f.kind, f.occurred_at, f.source
from identity.link as l
inner join evidence.fact as f on f.subject_source = l.source and f.subject_id = l.source_id
where l.person_id = %(person)s and l.status = 'active' and l.retired_seq is null and f.retracted_seq is null
    and f.kind in ('death', 'hospice', 'opt_out', 'left_practice')
order by f.occurred_at desc
limit 20;
