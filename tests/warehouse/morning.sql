-- A made-up morning that breaks no invariant: 240 people, three workflows, three nights. The claims
-- feed is late on the third, one delivery waits at a gate, one batch of claims waits for a person.
-- Planted violations change single rows of it.

insert into operations.night (seq, business_date, kind, cut_off, status, started_at, finished_at, counts)
values
(1, '2026-09-01', 'nightly', '2026-09-02 07:00Z', 'finished', '2026-09-02 08:00Z', '2026-09-02 08:01:10Z', '{}'),
(2, '2026-09-02', 'nightly', '2026-09-03 07:00Z', 'finished', '2026-09-03 08:00Z', '2026-09-03 08:00:24Z', '{}'),
(3, '2026-09-03', 'nightly', '2026-09-04 07:00Z', 'running', '2026-09-04 08:00Z', null, '{}');
update operations.night set state_digest = md5(seq::text), plan_digest = md5('plan' || seq) where seq < 3;

insert into cases.setting_known (name, known_seq, value) values ('time_zone', 1, 'America/New_York');
insert into operations.reason (reason, owner_team, due_days, title)
values
('verify_by_hand', 'care_management', 1, 'Clock ends before its feed arrives'),
('unsigned_note', 'clinicians', 3, 'Visit without a signed note'),
('attempts_exhausted', 'care_management', 3, 'All attempts are used up');

insert into operations.feed (source, feed, owner_team, expected_by, allowed_lag_days)
select s.source, f.feed, s.team, '03:00', 0
from (values
    ('ehr', 'integration', array['patient', 'coverage', 'consent', 'encounter', 'condition', 'procedure',
        'document_reference', 'communication', 'task', 'charge_item', 'practitioner', 'organization', 'location']),
    ('scheduling', 'integration', array['appointment']),
    ('clearinghouse', 'billing', array['claim', 'claim_response', 'functional_acknowledgement',
        'eligibility_response', 'payment'])
) as s (source, team, feeds)
cross join unnest(s.feeds) as f (feed);

-- Every feed came every night, but the claims of the third; the charges of the third wait at the gate.
insert into landing.batch (batch_id, source, feed, business_date, known_seq, received_at, sha256, status,
    watermark, rows_received, rows_superseded, rows_pending, loaded_seq)
select
    md5('batch|' || f.source || '|' || f.feed || '|' || n.business_date || '|' || n.seq)::uuid,
    f.source, f.feed, n.business_date, n.seq, n.cut_off, md5(f.feed || n.seq),
    case when f.feed = 'charge_item' and n.seq = 3 then 'stopped' else 'loaded' end,
    n.cut_off,
    7,
    case when f.feed = 'charge_item' and n.seq = 3 then 0 else 7 end,
    case when f.feed = 'charge_item' and n.seq = 3 then 7 else 0 end,
    case when f.feed = 'charge_item' and n.seq = 3 then null else n.seq end
from operations.feed as f
cross join operations.night as n
where not (f.feed = 'claim' and n.seq = 3);

insert into landing.file (file_id, source, business_date, known_seq, original_name, path, bytes, sha256, received_at, status)
select md5('file|' || b.batch_id)::uuid, b.source, b.business_date, b.known_seq, b.feed || '.dat',
    b.source || '/' || b.business_date || '/' || b.known_seq || '/' || left(b.sha256, 16) || '-1.dat',
    1000, b.sha256, b.received_at, 'landed'
from landing.batch as b;
insert into landing.batch_file (batch_id, file_id, row_count)
select b.batch_id, md5('file|' || b.batch_id)::uuid, b.rows_received from landing.batch as b;

insert into quality.verdict (verdict_id, batch_id, known_seq, suite, verdict, expectations, failed)
select md5('verdict|' || b.batch_id)::uuid, b.batch_id, b.known_seq, b.source || '.' || b.feed,
    case when b.status = 'stopped' then 'stop' when b.feed = 'payment' and b.known_seq = 3 then 'quarantine' else 'pass' end,
    11, case when b.status = 'stopped' then 2 when b.feed = 'payment' and b.known_seq = 3 then 1 else 0 end
from landing.batch as b;

-- One row of the third night's payments was set aside.
insert into quality.quarantine (quarantine_id, batch_id, file_id, source, feed, known_seq, row_no, reason, payload)
select md5('quarantine|' || b.batch_id)::uuid, b.batch_id, md5('file|' || b.batch_id)::uuid, b.source, b.feed, 3, 4,
    'amounts_do_not_balance', 'CLP*...'
from landing.batch as b where b.feed = 'payment' and b.known_seq = 3;
update landing.batch set rows_superseded = 6, rows_quarantined = 1 where feed = 'payment' and known_seq = 3;

-- People, each with one record in the EHR and one in the scheduling system.
insert into core.patient (source, source_id, source_version, subject_source, subject_id, batch_id, file_id, row_no,
    known_seq, content_hash, mrn, family, given, birth_date, sex, phone)
select 'ehr', 'p' || p, '2026-08-01T00:00:00.000000Z/000001', 'ehr', 'p' || p, b.batch_id,
    md5('file|' || b.batch_id)::uuid, p, 1, md5('p' || p), 'MRN' || 100000 + p, 'Family' || p, 'Given' || p,
    date '1950-01-01' + p, 'female', '555-01' || lpad(p::text, 3, '0')
from generate_series(1, 240) as p
cross join landing.batch as b where b.feed = 'patient' and b.known_seq = 1;
update landing.batch set rows_received = 247, rows_loaded = 240 where feed = 'patient' and known_seq = 1;
update landing.batch_file set row_count = 247
where batch_id = (select batch_id from landing.batch where feed = 'patient' and known_seq = 1);

insert into identity.person (person_id, source, source_id, known_seq)
select md5('person|ehr|p' || p)::uuid, 'ehr', 'p' || p, 1 from generate_series(1, 240) as p;
insert into identity.link (source, source_id, person_id, method, score, status, known_seq)
select 'ehr', 'p' || p, md5('person|ehr|p' || p)::uuid, 'first_record', 1, 'active', 1 from generate_series(1, 240) as p;
insert into identity.link (source, source_id, person_id, method, score, status, known_seq)
select 'scheduling', 'MRN' || 100000 + p, md5('person|ehr|p' || p)::uuid, 'mrn', 1, 'active', 1 from generate_series(1, 240) as p;

insert into cases.workflow_version (workflow, version, status, definition, sha256, activated_seq)
values
('transitional_care', 1, 'active', '{"title": "Transitional care", "stages": [{"stage": "contacted", "feeds": ["ehr.communication"]}, {"stage": "scheduled", "feeds": ["scheduling.appointment"]}, {"stage": "seen", "feeds": ["ehr.encounter"]}, {"stage": "documented", "feeds": ["ehr.document_reference"]}, {"stage": "billed", "feeds": ["clearinghouse.claim"]}, {"stage": "settled", "feeds": ["clearinghouse.payment"]}]}', md5('tc'), 1),
('annual_wellness', 1, 'active', '{"title": "Annual wellness visit", "stages": [{"stage": "contacted", "feeds": ["ehr.communication"]}, {"stage": "scheduled", "feeds": ["scheduling.appointment"]}, {"stage": "seen", "feeds": ["ehr.encounter"]}, {"stage": "documented", "feeds": ["ehr.document_reference"]}, {"stage": "billed", "feeds": ["clearinghouse.claim"]}, {"stage": "settled", "feeds": ["clearinghouse.payment"]}]}', md5('aw'), 1),
('charge_capture', 1, 'active', '{"title": "Charge capture", "stages": [{"stage": "billed", "feeds": ["clearinghouse.claim"]}, {"stage": "settled", "feeds": ["clearinghouse.payment"]}]}', md5('cc'), 1);

create temp table course on commit drop as
select
    p,
    md5('person|ehr|p' || p)::uuid as person_id,
    w.workflow,
    w.stages,
    w.offset_,
    -- how many stages are proven: most people are somewhere in the middle
    (case w.workflow when 'charge_capture' then p % 3 else (p * 7 + p / 5) % 7 end) as proven,
    'ehr:encounter/' || w.workflow || p as trigger_ref,
    md5('case|' || w.workflow || '|' || md5('person|ehr|p' || p)::uuid || '|ehr:encounter/' || w.workflow || p)::uuid as case_id,
    date '2026-08-20' + p % 13 as trigger_on,
    1 + p % 2 as opened_seq
from generate_series(1, 240) as p
inner join (values
    ('transitional_care', 1, 90, 0, array['contacted', 'scheduled', 'seen', 'documented', 'billed', 'settled']),
    ('annual_wellness', 91, 190, 0, array['contacted', 'scheduled', 'seen', 'documented', 'billed', 'settled']),
    ('charge_capture', 191, 240, 4, array['billed', 'settled'])
) as w (workflow, first, last, offset_, stages) on p between w.first and w.last;

-- The fact that opened each case, and one for each proven stage.
create temp table proof on commit drop as
select c.*, n as place, c.stages[n] as stage,
    (array['contact', 'booking', 'visit', 'note', 'claim_accepted', 'remittance'])[c.offset_ + n] as kind,
    (array['communication', 'appointment', 'encounter', 'document_reference', 'claim_response', 'payment'])[c.offset_ + n] as record,
    md5('fact|' || c.case_id || '|' || n)::uuid as fact_id
from course as c cross join generate_series(1, array_length(c.stages, 1)) as n;

insert into evidence.fact (fact_id, subject_source, subject_id, kind, code, amount, occurred_at, known_seq, source, source_ref, source_version, batch_id, identifiers)
select md5('trigger|' || c.case_id)::uuid, 'ehr', 'p' || c.p,
    case c.workflow when 'transitional_care' then 'discharge' when 'annual_wellness' then 'attribution' else 'visit' end,
    'home', null, c.trigger_on + time '15:00', 1, 'ehr', 'encounter/' || c.workflow || c.p, '1', b.batch_id,
    jsonb_build_object('encounter', c.workflow || c.p)
from course as c cross join landing.batch as b where b.feed = 'encounter' and b.known_seq = 1;

insert into evidence.fact (fact_id, subject_source, subject_id, kind, code, amount, occurred_at, known_seq, source, source_ref, source_version, batch_id, identifiers)
select x.fact_id, 'ehr', 'p' || x.p, x.kind, 'reached', case when x.kind = 'remittance' then 160 end,
    x.trigger_on + x.place * interval '20 hours', case when x.place = x.proven then 3 else x.opened_seq end,
    b.source, b.feed || '/' || x.case_id || x.place, '1', b.batch_id,
    jsonb_build_object('encounter', x.workflow || x.p, 'patient_control_number', 'PCN' || x.p)
from proof as x
inner join landing.batch as b on b.feed = x.record and b.known_seq = x.opened_seq
where x.place <= x.proven;

-- Attempts that reached nobody.
insert into evidence.fact (fact_id, subject_source, subject_id, kind, code, occurred_at, known_seq, source, source_ref, source_version, batch_id)
select md5('attempt|' || c.case_id || n)::uuid, 'ehr', 'p' || c.p, 'attempt', 'left_message',
    c.trigger_on + n * interval '30 hours', 2, 'ehr', 'communication/a' || c.p || n, '1', b.batch_id
from course as c cross join generate_series(1, 2) as n
cross join landing.batch as b
where c.proven = 0 and c.offset_ = 0 and c.p % 3 >= n and b.feed = 'communication' and b.known_seq = 2;

create temp table standing on commit drop as
select
    c.*,
    array_length(c.stages, 1) as length_,
    c.stages[least(c.proven + 1, array_length(c.stages, 1))] as stage,
    c.proven = array_length(c.stages, 1) as is_done,
    case
        when c.proven = array_length(c.stages, 1) then 'complete'
        when c.stages[c.proven + 1] = 'billed' then 'unknown'
        when c.stages[c.proven + 1] = 'documented' and c.p % 5 = 0 then 'missed'
        when c.stages[c.proven + 1] = 'scheduled' and c.p % 11 = 0 then 'blocked'
        else 'pending'
    end as stage_state,
    md5('task|' || c.case_id)::uuid as task_id,
    md5('exception|' || c.case_id)::uuid as exception_id
from course as c;

insert into cases.case_record (case_id, workflow, version, person_id, trigger_ref, trigger_fact_id, trigger_on, opened_seq,
    stage, stage_state, status, close_reason, closed_seq, next_step, next_step_ref, next_due_at, waits_on_feeds, owner_team,
    encounter_ref, patient_control_number, expected_amount, expected_code, derived_seq)
select s.case_id, s.workflow, 1, s.person_id, s.trigger_ref, md5('trigger|' || s.case_id)::uuid, s.trigger_on, s.opened_seq,
    s.stage, s.stage_state, case when s.is_done then 'completed' else 'open' end,
    case when s.is_done then 'settled' end, case when s.is_done then 3 end,
    case
        when s.is_done then null
        when s.stage_state in ('missed', 'blocked') then 'exception'
        when s.stage_state = 'unknown' and s.p % 6 = 0 then 'exception'
        when s.stage in ('contacted', 'scheduled', 'documented') then 'task'
        else 'wait'
    end,
    null,
    case when not s.is_done then timestamptz '2026-09-03 21:00Z' + (s.p % 9) * interval '12 hours' end,
    case when s.stage_state = 'unknown' then array['clearinghouse.claim'] else array[]::text[] end,
    case when s.stage in ('billed', 'settled') then 'billing' when s.workflow = 'transitional_care' then 'care_management' else 'front_desk' end,
    s.workflow || s.p, 'PCN' || s.p,
    case when s.p % 17 = 0 then null when s.workflow = 'transitional_care' then 205.34 when s.workflow = 'annual_wellness' then 132.07 else 91.40 end,
    case s.workflow when 'transitional_care' then '99495' when 'annual_wellness' then 'G0439' end,
    case when s.proven > 0 then 3 else s.opened_seq end
from standing as s;
update cases.case_record set next_step_ref = case next_step
    when 'task' then md5('task|' || case_id)::uuid::text when 'exception' then md5('exception|' || case_id)::uuid::text end;

insert into cases.stage (case_id, stage, position, state, fact_id, proven_at, due_at, reason, derived_seq)
select x.case_id, x.stage, x.place,
    case when x.place <= x.proven then 'complete'
        when x.place = x.proven + 1 then case when s.stage_state = 'blocked' then 'pending' else s.stage_state end
        else 'not_reached' end,
    case when x.place <= x.proven then x.fact_id end,
    case when x.place <= x.proven then x.trigger_on + x.place * interval '20 hours' end,
    case when x.stage = 'billed' then x.trigger_on + interval '365 days'
        when s.stage_state = 'missed' and x.place = x.proven + 1 then timestamptz '2026-09-03 04:00Z'
        else timestamptz '2026-09-03 21:00Z' + (x.p % 9) * interval '12 hours' end,
    case when x.place = x.proven + 1 and s.stage_state = 'unknown' then 'clearinghouse.claim is late' end,
    c.derived_seq
from proof as x inner join standing as s on s.case_id = x.case_id
inner join cases.case_record as c on c.case_id = x.case_id;

insert into operations.exception (exception_id, about_kind, about_id, reason, owner_team, opened_seq, opened_at, due_at, person_id, case_id, amount)
select md5('exception|' || c.case_id)::uuid, 'case', c.case_id::text,
    case c.stage_state when 'missed' then 'unsigned_note' when 'unknown' then 'verify_by_hand' else 'attempts_exhausted' end,
    c.owner_team, 3, '2026-09-04 07:00Z', timestamptz '2026-09-04 01:00Z' + (c.trigger_on - date '2026-08-20') * interval '7 hours',
    c.person_id, c.case_id, c.expected_amount
from cases.case_record as c where c.next_step = 'exception';

insert into tasks.task (task_id, case_id, person_id, workflow, stage, kind, attempt, status, owner_team, owner, priority, planned_seq, planned_at, due_at, effect_key)
select md5('task|' || c.case_id)::uuid, c.case_id, c.person_id, c.workflow, c.stage,
    case c.stage when 'contacted' then 'outreach' when 'scheduled' then 'scheduling' else 'documentation' end,
    1, 'requested', c.owner_team, case when c.trigger_on > '2026-08-28' then 'Nurse Okafor' end,
    case when c.workflow = 'transitional_care' then 'urgent' else 'routine' end,
    2 + (c.opened_seq + 1) % 2, '2026-09-03 07:00Z', c.next_due_at,
    'effect|' || c.person_id || '|' || c.stage
from cases.case_record as c where c.next_step = 'task';

-- Yesterday's tasks, closed by tonight's evidence; and some that a death or an opt-out called off.
insert into tasks.task (task_id, case_id, person_id, workflow, stage, kind, attempt, status, status_reason, owner_team, planned_seq, planned_at, due_at, closed_seq, closed_fact_id, effect_key)
select md5('old|' || x.case_id)::uuid, x.case_id, x.person_id, x.workflow, x.stage,
    case x.stage when 'contacted' then 'outreach' when 'scheduled' then 'scheduling' else 'documentation' end,
    1, 'completed', null, 'care_management', 2, '2026-09-03 07:00Z', '2026-09-06 21:00Z', 3, x.fact_id,
    'effect|' || x.person_id || '|' || x.stage
from proof as x where x.place = x.proven and x.stage in ('contacted', 'scheduled', 'documented');

insert into tasks.transmission (transmission_id, effect_key, kind, target, person_id, attempt, payload, payload_sha256, planned_seq, intended_at, sent_at, outcome, outcome_at, outcome_seq, external_ref)
select md5('transmission|' || t.task_id)::uuid, t.effect_key,
    case t.kind when 'outreach' then 'outreach' when 'scheduling' then 'booking' else 'documentation' end,
    case t.kind when 'scheduling' then 'scheduling_api' else 'ehr_main' end, t.person_id, 1,
    convert_to(t.effect_key, 'UTF8'), encode(sha256(convert_to(t.effect_key, 'UTF8')), 'hex'),
    t.planned_seq, t.planned_at, t.planned_at + interval '1 second', 'accepted', t.planned_at + interval '1 second', t.planned_seq, 'r' || left(t.task_id::text, 6)
from tasks.task as t;
insert into tasks.transmission_task (transmission_id, task_id)
select md5('transmission|' || t.task_id)::uuid, t.task_id from tasks.task as t;

insert into operations.prevented (seq, effect_key, kind, reason, person_id, case_id)
select 3, 'effect|prevented|' || s.p, 'outreach', (array['death', 'opt_out', 'readmission'])[1 + s.p % 3], s.person_id, s.case_id
from standing as s where s.p in (5, 25, 49, 60, 72);

-- Somebody clicked "completed" on a task; nothing else shows the call.
insert into evidence.fact (fact_id, subject_source, subject_id, kind, code, occurred_at, known_seq, source, source_ref, source_version, batch_id, identifiers)
select md5('claimed|' || t.task_id)::uuid, l.source, l.source_id, 'task_update', 'completed', '2026-09-03 15:00Z', 3, 'ehr', 'task/' || t.task_id, '2', b.batch_id,
    jsonb_build_object('task', t.task_id)
from tasks.task as t
inner join identity.link as l on l.person_id = t.person_id and l.source = 'ehr'
cross join landing.batch as b
where t.kind = 'outreach' and t.closed_seq is null and left(t.task_id::text, 1) in ('0', '1') and b.feed = 'task' and b.known_seq = 3;

insert into operations.step (seq, step, part, status, started_at, finished_at, seconds, row_count)
values
(3, 'open_night', '', 'done', '2026-09-04 08:00:00Z', '2026-09-04 08:00:00Z', 0.21, 3),
(3, 'land', 'ehr', 'done', '2026-09-04 08:00:01Z', '2026-09-04 08:00:04Z', 3.1, 91),
(3, 'land', 'scheduling', 'done', '2026-09-04 08:00:01Z', '2026-09-04 08:00:02Z', 0.9, 7),
(3, 'gate', 'ehr/0001', 'done', '2026-09-04 08:00:05Z', '2026-09-04 08:00:07Z', 2.2, 91),
(3, 'load', 'ehr/0001', 'done', '2026-09-04 08:00:08Z', '2026-09-04 08:00:08Z', 0.5, 84),
(3, 'link_persons', '', 'done', '2026-09-04 08:00:10Z', '2026-09-04 08:00:10Z', 0.12, 4),
(3, 'assert_facts', '', 'done', '2026-09-04 08:00:11Z', '2026-09-04 08:00:12Z', 0.61, 132),
(3, 'reconcile', '', 'done', '2026-09-04 08:00:14Z', '2026-09-04 08:00:16Z', 1.41, 155),
(3, 'plan', '', 'done', '2026-09-04 08:00:17Z', '2026-09-04 08:00:17Z', 0.33, 58),
(3, 'dispatch', '', 'done', '2026-09-04 08:00:18Z', '2026-09-04 08:00:22Z', 4.02, 58);
insert into operations.work_item (seq, person_id, reason)
select 3, person_id, 'fact' from cases.case_record where derived_seq = 3;
