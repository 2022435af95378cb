"""FHIR R4: NDJSON to typed rows, and the clients for Bulk Data export and REST."""
