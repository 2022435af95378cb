"""The EHR: a FHIR R4 server with Bulk Data export, REST for work, and SMART backend services."""
