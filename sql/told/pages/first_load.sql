-- reads: operations.first_load, operations.night

-- What the first load found and left out, with the night that it was.
select f.part, f.about, f.name, f.things, f.from_on, f.until_on, n.seq, n.business_date
from operations.first_load as f
inner join operations.night as n on n.seq = f.known_seq
order by f.part, f.about, f.things desc, f.name;
