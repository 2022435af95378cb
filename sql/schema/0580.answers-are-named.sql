-- depends: 0541.work-lists

-- The loader names the patient of an answer to a work list by its row, in staging; that is all that it changes there.
do $$
declare
    answered text;
begin
    foreach answered in array array[
        'appointment', 'charge_item', 'claim', 'communication', 'condition', 'consent', 'coverage',
        'document_reference', 'encounter', 'payment_notice', 'procedure', 'task'
    ]
    loop
        execute format(
            'grant update (subject_source, subject_id) on staging.%I to throughline_loader', answered
        );
    end loop;
end
$$;

grant update (our_identifier) on staging.task to throughline_loader;
