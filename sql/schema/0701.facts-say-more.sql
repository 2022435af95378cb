-- depends: 0700.tables-of-records

-- What a workflow may ask of a fact besides its code and its day. A fact that has none of it keeps null: it costs no
-- space, and nothing reads it yet that was there before.
alter table evidence.fact
add column codings jsonb,
add column status text,
add column value numeric,
add column unit text,
add column issued_at timestamptz,
add column collected_at timestamptz,
add column day_only boolean;

comment on column evidence.fact.codings is 'All codings of the record''s concept, each with system and code, if it has several. Null: code is the only one.';
comment on column evidence.fact.status is 'The record''s own status, where the kind has several that count (a result is preliminary, final, corrected). Null: the kind has none.';
comment on column evidence.fact.value is 'The number that was measured or counted, in unit. Null: none, or the value is no number (then it is in detail).';
comment on column evidence.fact.unit is 'The unit of value, by UCUM where the source has that. Null: the source names none.';
comment on column evidence.fact.issued_at is 'When a result, a report or an order was given out. Null: the kind has none, or it is not said.';
comment on column evidence.fact.collected_at is 'When the specimen was taken. Null: the kind has none, or it is not said.';
comment on column evidence.fact.day_only is 'Whether the source says only the day of occurred_at. Null: the kind does not tell.';

-- What a record says in several codings or in one, as one list.
create function evidence.codings(several jsonb, code_system text, code text)
returns jsonb
language sql immutable parallel safe
as $$
    select coalesce(
        several,
        case when code is not null then
            jsonb_build_array(jsonb_strip_nulls(jsonb_build_object('system', code_system, 'code', code)))
        end
    )
$$;
comment on function evidence.codings(jsonb, text, text) is
'All codings of a concept as a list of system and code, whether it has several or one; null if it has none.';
grant execute on function evidence.codings(jsonb, text, text) to throughline_loop, throughline_loader, throughline_reader;
