-- depends: 0080.interchange-counter

-- What the volume of a feed's delivery is held against: what it usually brings, or nothing, where it answers what
-- was asked and a day on which nothing was asked brings nothing.
alter table operations.feed
add column volume text not null default 'usual' constraint feed_volume_check check (volume in ('usual', 'asked'));
