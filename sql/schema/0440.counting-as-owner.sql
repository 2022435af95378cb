-- depends: 0460.why-a-feed-did-not-come

-- PostgreSQL looks for a table first among the session's own temporary ones, unless the search path names them. A role
-- that called its own view pg_class had it read by these two functions, and the view's function ran as the owner.
alter function operations.refresh_statistics(text, bigint) set search_path = pg_catalog, pg_temp; -- noqa: PRS
alter function staging.refresh_statistics(text) set search_path = pg_catalog, pg_temp; -- noqa: PRS
