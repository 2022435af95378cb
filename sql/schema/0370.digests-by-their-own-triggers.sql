-- depends: 0321.who-is-asked

-- The two functions that keep the digests run as their owner. Whoever may execute a trigger function can put it on a
-- temporary table and have it add what they like; the triggers of our own tables need no right of the role that writes.
revoke all on function cases.keep_case_digest(), cases.keep_stage_digest()
from public, throughline_loader, throughline_loop, throughline_reader, throughline_decider;
