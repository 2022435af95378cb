grant update (decision_id) on tasks.claim_batch to throughline_loop;
