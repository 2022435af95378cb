grant insert on operations.decision to throughline_reader;
