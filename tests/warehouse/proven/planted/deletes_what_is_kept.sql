grant delete on tasks.transmission to throughline_loop;
