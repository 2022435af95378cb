"""Commands of a deployment: prepare the servers, begin a night, say whether a process is healthy."""
