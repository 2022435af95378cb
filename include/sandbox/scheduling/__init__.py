"""The scheduling system: HL7 v2 SIU batch files over SFTP, booking requests over HTTP."""
