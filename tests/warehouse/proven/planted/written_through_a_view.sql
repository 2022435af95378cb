grant update on evidence.charge_line to throughline_loop;
