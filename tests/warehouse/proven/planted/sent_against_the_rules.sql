insert into evidence.fact (fact_id, subject_source, subject_id, kind, occurred_at, known_seq, source, source_ref, source_version, batch_id)
select md5('death')::uuid, l.source, l.source_id, 'death', '2026-09-02 12:00Z', 2, 'ehr', 'patient/dead', '9', (select batch_id from landing.batch limit 1)
from tasks.transmission as t inner join identity.link as l on l.person_id = t.person_id and l.source = 'ehr'
where t.transmission_id = (select transmission_id from tasks.transmission where planned_seq = 3 and kind = 'outreach' order by transmission_id limit 1);
