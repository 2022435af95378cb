update evidence.fact set subject_id = case subject_id when 'p1' then 'p2' else 'p1' end
where fact_id = (
    select s.fact_id from cases.stage as s inner join cases.case_record as c on c.case_id = s.case_id
    where s.state = 'complete' and c.derived_seq = 3 order by s.case_id, s.position limit 1
);
