-- reads: e_aside, e_asked_kind, e_open
-- makes: e_behind, e_set_aside

-- What is not known of a person whatever the window: through when the feeds that carry a named fact are complete, and how
-- many rows that were set aside might be it (15).

create temp table e_behind on commit drop as
select o.person_id, k.named_fact_id, min(o.complete_at) as complete_at
from e_open as o
inner join e_asked_kind as k on k.kind = o.kind
group by o.person_id, k.named_fact_id;

create temp table e_set_aside on commit drop as
select a.person_id, k.named_fact_id, count(distinct a.aside_no) as rows
from e_aside as a
inner join e_asked_kind as k on k.kind = a.kind
group by a.person_id, k.named_fact_id;

analyze e_behind;

analyze e_set_aside;
