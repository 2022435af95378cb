grant execute on function operations.decide to throughline_loop;
