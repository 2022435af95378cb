update operations.night set state_digest = null where seq = 2;
