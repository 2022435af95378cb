"""Bulk Data export: the client, its manifests, the ledger of jobs, and the landing of files.

HL7 FHIR Bulk Data Access 2.0 and 3.0; `docs/bulk-data.md` answers each of their rules for clients.
"""
