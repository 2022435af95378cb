-- depends: 0173.sites

-- Two charts that number their patients separately give one number to two people. What stands before a record number
-- says whose number it is: empty for the chart whose visits go by their id alone, and for those that number with it.
alter table operations.source add column number_prefixes text[] not null default '{""}';

comment on column operations.source.number_prefixes is 'What stands before a record number of this source where persons are joined: one for a chart; for what names patients by numbers that others gave, one for each chart that it may mean.';
