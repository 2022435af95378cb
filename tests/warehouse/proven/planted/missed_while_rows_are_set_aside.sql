update cases.case_record set stage_state = 'missed'
where case_id = (select case_id from cases.case_record where stage_state = 'unknown' and derived_seq = 3 order by case_id limit 1);
update cases.stage as s set state = 'missed', due_at = '2026-09-01 21:00Z'
from cases.case_record as c where c.case_id = s.case_id and c.stage = s.stage and c.stage_state = 'missed' and s.state = 'unknown';
insert into quality.quarantine (quarantine_id, batch_id, source, feed, known_seq, row_no, reason, subject_source, subject_id)
select distinct on (c.case_id)
    md5('planted|' || c.case_id)::uuid, b.batch_id, b.source, b.feed, 3, 1, 'class missing', l.source, l.source_id
from cases.case_record as c
inner join cases.stage_feed as f on f.workflow = c.workflow and f.version = c.version and f.stage = c.stage
inner join landing.batch as b on b.source = f.source and b.feed = f.feed and b.known_seq = 3
inner join identity.link as l on l.person_id = c.person_id and l.status = 'active' and l.retired_seq is null
where c.stage_state = 'missed' and c.derived_seq = 3;
