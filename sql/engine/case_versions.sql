-- reads: e_coding, e_fact
-- changes: e_fact, e_version, e_version_coding

-- Cases of tonight as versions of records, so that named facts are asked of them, too.

insert into e_version (
    version_no, person_id, kind, source, reference, version, status, detail, is_unclear, is_lasting, occurred_at,
    known_seq
)
select
    -f.fact_no, f.person_id, f.kind, f.source, f.reference, f.version, f.status, f.detail, f.is_unclear, f.is_lasting,
    f.occurred_at, f.known_seq
from e_fact as f
where f.version_no is null;

insert into e_version_coding (version_no, system, code)
select -f.fact_no, c.system, c.code
from e_fact as f
inner join e_coding as c on c.fact_no = f.fact_no
where f.version_no is null;

update e_fact
set version_no = -fact_no
where version_no is null;
