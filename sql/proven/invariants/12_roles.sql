-- reads: pg_class, pg_namespace, pg_roles, pg_trigger

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
    and has_table_privilege(
        'throughline_loop',
        c.oid,
        case n.nspname when 'core' then 'insert, update, delete, truncate' else 'insert, delete, truncate' end
    );

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
