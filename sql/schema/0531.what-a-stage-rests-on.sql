-- depends: 0530.how-long-a-name-is

-- What a stage is not known without: the feeds that would prove it, and, of a claim, the charges that it is made of.
create view cases.stage_rests as
select f.workflow, f.version, f.stage, f.source, f.feed
from cases.stage_feed as f
union
select v.workflow, v.version, s.rule ->> 'stage', f.source, f.feed
from cases.workflow_version as v
cross join lateral jsonb_array_elements(v.definition -> 'stages') as s (rule)
inner join operations.feed as f on f.feed = 'charge_item'
where s.rule ->> 'proof' = 'claim';

revoke all on cases.stage_rests from throughline_loop, throughline_loader, throughline_reader;

grant select on cases.stage_rests to throughline_loop, throughline_reader;

comment on view cases.stage_rests is 'The feeds without which a stage is not known: those on which its definition rests, and of a claim the charges, whatever the definition says.';
comment on column cases.stage_rests.workflow is 'The workflow, by its name.';
comment on column cases.stage_rests.version is 'The version of the definition.';
comment on column cases.stage_rests.stage is 'The stage, by name.';
comment on column cases.stage_rests.source is 'The system of record, by the name of its definition.';
comment on column cases.stage_rests.feed is 'The feed, by its name in the catalogue.';
