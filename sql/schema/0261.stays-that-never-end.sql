-- depends: 0260.other-content

-- Encounters that go on, by their beginning: those that go on for very long are told.
create index encounter_under_way on core.encounter (starts_at)
where ends_at is null and retracted_seq is null and not is_deleted
    and status not in ('planned', 'finished', 'cancelled', 'entered-in-error');
