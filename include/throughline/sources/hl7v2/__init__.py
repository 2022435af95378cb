"""HL7 v2 messages, as files hold them: split, parsed leniently, read into appointments."""
