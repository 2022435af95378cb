-- depends: 0210.export-jobs

comment on column landing.export_job.job_id is 'The job. Its id follows from source, night and a count.';
comment on column landing.export_job.source is 'The system of record, by the name of its definition.';
comment on column landing.export_job.known_seq is 'The night in which we learned it (operations.night): the one that asked.';
