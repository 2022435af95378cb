update cases.stage set fact_id = null
where (case_id, stage) = (
    select s.case_id, s.stage from cases.stage as s inner join cases.case_record as c on c.case_id = s.case_id
    where s.state = 'complete' and c.derived_seq = 3 order by s.case_id, s.position limit 1
);
