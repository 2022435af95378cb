-- depends: 0078.answers

-- A setting is known from the night that read it, and what it was on an earlier night stays: that night
-- computes to what it was. Null: it is not said any more.
alter table cases.setting rename to setting_known;
alter table cases.setting_known alter column value drop not null;
alter table cases.setting_known add column known_seq bigint not null default 0;
alter table cases.setting_known alter column known_seq drop default;
alter table cases.setting_known drop constraint setting_pkey;
alter table cases.setting_known add primary key (name, key, known_seq);

-- A payer may have several billing providers for whom nobody else sends claims: the key is both.
update cases.setting_known set key = key || '|' || value, value = 'yes' where name = 'sole_submitter';

-- The settings as of the night whose number is set for the transaction (`throughline.seq`), else the newest.
create view cases.setting as
select k.name, k.key, k.value
from (
    select distinct on (s.name, s.key) s.name, s.key, s.value
    from cases.setting_known as s
    where s.known_seq <= coalesce(
        nullif(current_setting('throughline.seq', true), '')::bigint, 9223372036854775807
    )
    order by s.name, s.key, s.known_seq desc
) as k
where k.value is not null;

grant select on cases.setting to throughline_loop, throughline_reader;
