-- depends: 0180.refused-files

-- A simple view can be written through, with the rights of its owner.
revoke all on landing.undecided_file from throughline_loop, throughline_loader, throughline_reader;
grant select on landing.undecided_file to throughline_loop, throughline_loader, throughline_reader;
