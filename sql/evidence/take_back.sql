-- changes: evidence.fact, evidence.unmapped

-- Undoes what an earlier run of this night wrote, so that a rerun writes the same rows.
delete from evidence.fact where known_seq = %(seq)s;

update evidence.fact set retracted_seq = null where retracted_seq = %(seq)s;

delete from evidence.unmapped where known_seq = %(seq)s;

update evidence.unmapped set retracted_seq = null where retracted_seq = %(seq)s;
