"""HL7 v2 message files: split, parsed leniently, and read into appointments."""
