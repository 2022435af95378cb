-- reads: pg_class, pg_default_acl, pg_namespace, pg_roles, pg_trigger

-- loader_reaches_further: The loading role can read or write tables of later steps.
select
    'role' as about_kind,
    'throughline_loader' as about_id,
    n.nspname || '.' || c.relname as detail
from pg_class as c
inner join pg_namespace as n on n.oid = c.relnamespace
where
    n.nspname in ('identity', 'evidence', 'cases', 'tasks')
    and c.relkind in ('r', 'p', 'v')
    and has_schema_privilege('throughline_loader', n.oid, 'usage')
    and has_table_privilege('throughline_loader', c.oid, 'select, insert, update, delete, truncate');

-- loop_rewrites_what_was_received: The role that runs the loop can write typed records or delete
-- landed data.
select
    'role' as about_kind,
    'throughline_loop' as about_id,
    n.nspname || '.' || c.relname as detail
from pg_class as c
inner join pg_namespace as n on n.oid = c.relnamespace
where
    n.nspname in ('core', 'landing')
    and c.relkind in ('r', 'p')
    and has_table_privilege('throughline_loop', c.oid, 'insert, update, delete, truncate');

-- written_through_a_view: A role can change what a view shows, with the rights of the view's owner.
select
    'role' as about_kind,
    r.rolname::text as about_id,
    n.nspname || '.' || c.relname as detail
from pg_class as c
inner join pg_namespace as n on n.oid = c.relnamespace
cross join pg_roles as r
where
    c.relkind = 'v'
    and n.nspname in ('landing', 'staging', 'quality', 'identity', 'core', 'evidence', 'cases', 'tasks', 'operations')
    and r.rolname in ('throughline_loader', 'throughline_loop', 'throughline_decider')
    and has_table_privilege(r.rolname, c.oid, 'insert, update, delete');

-- reader_writes: The role that reads for the pages can change something.
select
    'role' as about_kind,
    'throughline_reader' as about_id,
    n.nspname || '.' || c.relname as detail
from pg_class as c
inner join pg_namespace as n on n.oid = c.relnamespace
where
    n.nspname in ('landing', 'staging', 'quality', 'identity', 'core', 'evidence', 'cases', 'tasks', 'operations')
    and c.relkind in ('r', 'p', 'v')
    and has_table_privilege('throughline_reader', c.oid, 'insert, update, delete, truncate');

-- role_owns_or_rules: One of these roles owns a table or is a superuser.
select
    'role' as about_kind,
    r.rolname::text as about_id,
    case when r.rolsuper then 'superuser' else 'owner of ' || min(c.relname) end as detail
from pg_roles as r
left join pg_class as c on c.relowner = r.oid
where
    r.rolname in ('throughline_loader', 'throughline_loop', 'throughline_reader', 'throughline_decider')
    and (r.rolsuper or (c.oid is not null and c.relpersistence <> 't'))
group by r.rolname, r.rolsuper;

-- decisions_can_be_rewritten: The trigger that keeps decisions append-only is missing or disabled.
select
    'table' as about_kind,
    'operations.decision' as about_id,
    'not append-only' as detail
where not exists (
    select from pg_trigger as t
    where
        t.tgrelid = 'operations.decision'::regclass
        and t.tgname = 'decision_append_only'
        and t.tgenabled in ('O', 'A')
);

-- decides_without_a_login: A role other than throughline_decider can make a decision, or that one can without the function
-- that stamps its login and time.
select
    'role' as about_kind,
    r.rolname::text as about_id,
    case when p.may_execute then 'operations.decide' else 'operations.decision' end as detail
from pg_roles as r
cross join lateral (
    select
        has_function_privilege(
            r.oid, 'operations.decide(uuid, text, text, text, text, text, jsonb, text, jsonb)', 'execute'
        ) as may_execute,
        has_any_column_privilege(r.oid, 'operations.decision', 'insert')
        or has_table_privilege(r.oid, 'operations.decision', 'delete, truncate')
        or has_column_privilege(r.oid, 'operations.decision', 'decided_by', 'update') as may_write
) as p
where
    r.rolname in ('throughline_loader', 'throughline_loop', 'throughline_reader', 'throughline_decider')
    and (p.may_write or (p.may_execute and r.rolname <> 'throughline_decider'));

-- rewrites_what_is_closed: A role can change what was received, released, sent or closed, or say by itself how a
-- transmission went.
select
    'role' as about_kind,
    r.rolname::text as about_id,
    k.place || '.' || k.name as detail
from (
    values
    ('landing.file', 'sha256'), ('landing.file', 'bytes'), ('landing.file', 'file_id'),
    ('landing.batch', 'sha256'),
    ('evidence.fact', 'kind'), ('evidence.fact', 'occurred_at'), ('evidence.fact', 'known_seq'),
    ('tasks.claim', 'content'), ('tasks.claim', 'total_charge'),
    ('tasks.claim_batch', 'payload'), ('tasks.claim_batch', 'payload_sha256'),
    ('tasks.transmission', 'effect_key'), ('tasks.transmission', 'payload'), ('tasks.transmission', 'payload_sha256'),
    ('tasks.transmission', 'target'), ('tasks.transmission', 'intended_at'), ('tasks.transmission', 'outcome'),
    ('operations.night', 'seq'), ('operations.night', 'business_date'), ('operations.night', 'cut_off'),
    ('operations.night', 'state_digest'), ('operations.night', 'plan_digest'),
    ('operations.shown', 'digest'),
    ('cases.digest', 'total')
) as k (place, name)
cross join pg_roles as r
where
    r.rolname in ('throughline_loader', 'throughline_loop', 'throughline_decider')
    and has_column_privilege(r.oid, k.place, k.name, 'update');

-- releases_by_itself: The role that makes and sends claims can say who released them.
select
    'role' as about_kind,
    'throughline_loop' as about_id,
    'tasks.claim_batch.decision_id' as detail
where has_column_privilege('throughline_loop', 'tasks.claim_batch', 'decision_id', 'insert, update');

-- deletes_what_is_kept: A role can delete what was received, decided, shown, sent or done.
select
    'role' as about_kind,
    r.rolname::text as about_id,
    k.place as detail
from (
    values
    ('landing.file'), ('landing.batch'), ('landing.batch_file'),
    ('cases.event'), ('tasks.event'), ('tasks.answer'), ('tasks.claim'), ('tasks.claim_batch'), ('tasks.claim_support'),
    ('tasks.transmission'), ('operations.decision'), ('operations.shown'), ('operations.night'), ('operations.step')
) as k (place)
cross join pg_roles as r
where
    r.rolname in ('throughline_loader', 'throughline_loop', 'throughline_decider')
    and has_table_privilege(r.oid, k.place, 'delete, truncate');

-- open_by_default: A table that a migration adds would be open to a role before anybody says so.
select
    'schema' as about_kind,
    coalesce(n.nspname, 'every schema')::text as about_id,
    r.rolname::text as detail
from pg_default_acl as d
cross join lateral aclexplode(d.defaclacl) as a
inner join pg_roles as r on r.oid = a.grantee
left join pg_namespace as n on n.oid = d.defaclnamespace
where
    d.defaclobjtype in ('r', 'S')
    and r.rolname in ('throughline_loader', 'throughline_loop', 'throughline_reader', 'throughline_decider');

-- closed_to_everybody: No role can read a table or view: its migration forgot to say who may.
select
    'table' as about_kind,
    n.nspname || '.' || c.relname as about_id,
    'no grants' as detail
from pg_class as c
inner join pg_namespace as n on n.oid = c.relnamespace
where
    n.nspname in ('landing', 'staging', 'quality', 'identity', 'core', 'evidence', 'cases', 'tasks', 'operations')
    and c.relkind in ('r', 'p', 'v', 'm')
    and not has_table_privilege('throughline_reader', c.oid, 'select')
    and not has_table_privilege('throughline_loader', c.oid, 'select')
    and not has_table_privilege('throughline_loop', c.oid, 'select')
    and not has_table_privilege('throughline_decider', c.oid, 'select');

-- guard_is_missing: A trigger that keeps what was received, released, sent or closed is missing or disabled.
select
    'table' as about_kind,
    k.place as about_id,
    k.name as detail
from (
    values
    ('landing.file', 'file_is_kept'), ('landing.file', 'file_stays'), ('evidence.fact', 'fact_stays'),
    ('tasks.transmission', 'transmission_is_kept'), ('tasks.transmission', 'transmission_stays'),
    ('tasks.transmission', 'outcome_is_kept'), ('tasks.transmission', 'claims_need_release'),
    ('tasks.claim_batch', 'batch_is_kept'), ('tasks.claim_batch', 'batch_keeps_its_decision'),
    ('tasks.claim_batch', 'batch_stays'), ('operations.night', 'night_is_kept'),
    ('operations.night', 'digests_are_kept'), ('operations.night', 'night_stays'),
    ('operations.decision', 'decision_in_chain'), ('tasks.transmission', 'outcome_in_chain'),
    ('operations.night', 'digest_in_chain'), ('operations.chain', 'chain_stays'),
    ('operations.chain', 'chain_is_not_emptied')
) as k (place, name)
where not exists (
    select from pg_trigger as t
    where t.tgrelid = k.place::regclass and t.tgname = k.name and t.tgenabled in ('O', 'A')
);
