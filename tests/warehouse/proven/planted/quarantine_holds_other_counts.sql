delete from quality.quarantine;
