"""Commands of a deployment: prepare the servers, start a night, check whether a process is healthy."""
