-- The doubt hangs on another person: a record of this one may be theirs.
insert into identity.link (source, source_id, person_id, method, score, status, known_seq)
select l.source, l.source_id, (select person_id from identity.person where person_id <> l.person_id limit 1), 'alike', 0.5, 'doubt', 2
from tasks.transmission as t inner join identity.link as l on l.person_id = t.person_id and l.source = 'ehr'
where t.transmission_id = (select transmission_id from tasks.transmission where planned_seq = 3 and kind = 'outreach' order by transmission_id limit 1);
