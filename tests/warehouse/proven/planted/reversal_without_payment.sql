update evidence.fact set reverses = md5('nothing')::uuid
where fact_id = (select fact_id from evidence.fact where kind = 'remittance' and known_seq = 3 order by fact_id limit 1);
