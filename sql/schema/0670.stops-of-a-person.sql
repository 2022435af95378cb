-- depends: 0660.asked-for-after-observing

-- Why nobody may call is asked for everybody on a list of thousands: their facts that can say so are a few of a hundred.
create index fact_stops on evidence.fact (subject_source, subject_id)
where retracted_seq is null and kind in ('death', 'opt_out', 'hospice', 'left_practice', 'admission');
