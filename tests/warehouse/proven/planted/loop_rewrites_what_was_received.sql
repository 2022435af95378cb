grant update on core.encounter to throughline_loop;
