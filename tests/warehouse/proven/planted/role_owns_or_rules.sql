alter role throughline_loop superuser;
