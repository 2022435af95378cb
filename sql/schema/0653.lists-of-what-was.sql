-- depends: 0652.cases-that-wait-for-a-feed

-- The pages of decisions, of closed exceptions and of sent batches show the newest, page by page: each is read from the end
-- of an index, whatever is chosen.
create index decision_made on operations.decision (decided_at, decision_id);
create index decision_made_by on operations.decision (decided_by, decided_at, decision_id);
create index decision_made_of_kind on operations.decision (kind, decided_at, decision_id);
create index exception_ended on operations.exception (closed_seq, exception_id) where status <> 'open';
create index exception_ended_of_team on operations.exception (owner_team, closed_seq, exception_id) where status <> 'open';
create index exception_ended_for_reason on operations.exception (reason, closed_seq, exception_id) where status <> 'open';
create index claim_batch_sent on tasks.claim_batch (planned_seq, batch_id) where status = 'sent';
create index functional_acknowledgement_of_file on core.functional_acknowledgement (ltrim(group_control_number, '0'))
where retracted_seq is null;
