-- reads: cases.case_record, cases.workflow_version, operations.decision, scope_case

-- case_off_its_version: A case runs on a version that was not active when it was opened, and no named
-- person moved it there.
select
    'case' as about_kind,
    c.case_id::text as about_id,
    c.workflow || ' ' || c.version as detail
from scope_case as x
inner join cases.case_record as c on c.case_id = x.case_id
inner join cases.workflow_version as v on v.workflow = c.workflow and v.version = c.version
where
    (v.activated_seq is null or v.activated_seq > c.opened_seq or v.retired_seq <= c.opened_seq)
    and not exists (
        select from operations.decision as d
        where d.about_kind = 'case' and d.about_id = c.case_id::text and d.kind = 'migrate'
    );
