-- changes: evidence.fact

-- What this night wrote before is taken back, so that a second run writes the same rows.
delete from evidence.fact where known_seq = %(seq)s;

update evidence.fact set retracted_seq = null where retracted_seq = %(seq)s;
