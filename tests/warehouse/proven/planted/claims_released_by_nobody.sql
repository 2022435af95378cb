update tasks.claim_batch set status = 'released' where batch_id = md5('claims')::uuid;
