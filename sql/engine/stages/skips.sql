-- reads: e_answer, e_case, e_end, r_end, r_stage, r_version
-- changes: e_skip

-- What makes the stages of a level pointless: `skips_when`, or a claim of which the code is barred where no line is
-- ordinary or as documented (32). What is proven is not skipped: whoever reads this asks for the proof first (25).
insert into e_skip (case_no, stage_no, at_least, at_most)
select
    c.case_no,
    s.stage_no,
    case when b.is_barred then 2 else coalesce(a.at_least, 0) end as at_least,
    case when b.is_barred then 2 else coalesce(a.at_most, 0) end as at_most
from r_stage as s
inner join r_version as v on v.version_id = s.version_id
inner join e_case as c on c.version_id = s.version_id
left join e_answer as a on a.case_no = c.case_no and a.condition_id = s.skips_when_id
cross join lateral (
    select
        s.is_claim and not v.has_unnamed and exists (
            select from r_end as e
            inner join e_end as n on n.position = e.position
            where e.version_id = s.version_id and e.bars = 'code' and n.case_no = c.case_no and n.at_least = 2
        ) as is_barred
) as b
where s.skip_level = %(level)s;
