-- depends: 0651.wrong-numbers

-- How many open cases wait for a late feed is asked whenever a list of calls, work or claims is opened.
create index case_waits_on_feed on cases.case_record (stage) where status = 'open' and waits_on_feeds <> '{}';
