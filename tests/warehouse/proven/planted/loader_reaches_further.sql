grant usage on schema cases to throughline_loader;
grant update on cases.case_record to throughline_loader;
