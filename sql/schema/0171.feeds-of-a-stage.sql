-- depends: 0170.systems-by-role

-- Whether a feed may tell of a person whom no record of its source knows; written when definitions are registered.
alter table operations.feed add column may_be_first boolean not null default true;

-- The feeds on which each stage of each definition rests. A definition names a feed of one source (source.feed), a
-- feed of every source (feed), or of every source of a role (role.feed).
create view cases.stage_feed as
select
    v.workflow,
    v.version,
    s.rule ->> 'stage' as stage,
    e.said,
    f.source,
    f.feed,
    f.known_seq,
    e.said = f.source || '.' || f.feed as is_named,
    f.may_be_first,
    (
        select array_agg(c.value)
        from operations.serves as c
        where c.source = f.source and c.kind = 'charts'
    ) as charts
from cases.workflow_version as v
cross join lateral jsonb_array_elements(v.definition -> 'stages') as s (rule)
cross join lateral jsonb_array_elements_text(s.rule -> 'feeds') as e (said)
inner join operations.feed as f
    on e.said in (f.feed, f.source || '.' || f.feed)
    or exists (
        select from operations.role as r
        where r.source = f.source and e.said = r.role || '.' || f.feed
    );

revoke all on cases.stage_feed from throughline_loop, throughline_loader, throughline_reader;

grant select on cases.stage_feed to throughline_loop, throughline_reader;

comment on column operations.feed.may_be_first is 'Whether it may tell of a person whom no record of its source knows: it names patients by numbers that others gave.';

comment on view cases.stage_feed is 'The feeds on which each stage of each definition rests.';
comment on column cases.stage_feed.workflow is 'The workflow, by its name.';
comment on column cases.stage_feed.version is 'The version of the definition.';
comment on column cases.stage_feed.stage is 'The stage, by name.';
comment on column cases.stage_feed.said is 'What the definition says: source.feed, a feed of every source, or role.feed.';
comment on column cases.stage_feed.source is 'The system of record, by the name of its definition.';
comment on column cases.stage_feed.feed is 'The feed, by its name in the catalogue.';
comment on column cases.stage_feed.known_seq is 'The night in which we learned it (operations.night): earlier ones did not wait for the feed.';
comment on column cases.stage_feed.is_named is 'Whether the definition names this feed of this source: the stage rests on it whoever the person is.';
comment on column cases.stage_feed.may_be_first is 'Whether the feed may tell of a person whom no record of its source knows.';
comment on column cases.stage_feed.charts is 'The charts whose patients the source knows. Null: of every chart.';
