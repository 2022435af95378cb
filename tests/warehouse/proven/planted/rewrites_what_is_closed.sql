grant update (state_digest) on operations.night to throughline_loop;
