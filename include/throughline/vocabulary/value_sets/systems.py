"""Code systems by any of their names: one code is one code, however its system is written."""

from __future__ import annotations

from collections.abc import Mapping

# HL7 Terminology, External Code Systems (URI and OID), and HL7 v2 table 0396 (the short names); read 2026-12-01. CMS
# publishes HCPCS under an address that is written with http as often as with https.
_NAMES: Mapping[str, tuple[str, ...]] = {
    "http://loinc.org": ("urn:oid:2.16.840.1.113883.6.1", "LN", "LOINC"),
    "http://snomed.info/sct": ("urn:oid:2.16.840.1.113883.6.96", "SCT", "SNOMED", "SNOMEDCT"),
    "http://hl7.org/fhir/sid/icd-10-cm": (
        "urn:oid:2.16.840.1.113883.6.90",
        "I10C",
        "ICD10CM",
        "ICD-10-CM",
    ),
    "http://www.ama-assn.org/go/cpt": ("urn:oid:2.16.840.1.113883.6.12", "C4", "CPT", "CPT4"),
    "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets": (
        "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets",
        "urn:oid:2.16.840.1.113883.6.285",
        "urn:oid:2.16.840.1.113883.6.14",
        "HCPCS",
    ),
    "http://hl7.org/fhir/sid/cvx": ("urn:oid:2.16.840.1.113883.12.292", "CVX"),
    "http://www.nlm.nih.gov/research/umls/rxnorm": (
        "urn:oid:2.16.840.1.113883.6.88",
        "RXNORM",
    ),
    "http://hl7.org/fhir/sid/ndc": ("urn:oid:2.16.840.1.113883.6.69", "NDC"),
    "http://nucc.org/provider-taxonomy": ("urn:oid:2.16.840.1.113883.6.101", "NUCC"),
}
_KNOWN = {name.casefold(): uri for uri, names in _NAMES.items() for name in (uri, *names)}


def canonical(system: str | None) -> str:
    """Return the address of a code system by any of its names; as it was written, if it is not known; '' for none."""
    if not system:
        return ""
    written = system.strip().rstrip("/")
    return _KNOWN.get(written.casefold(), written)


def is_known(system: str) -> bool:
    """Tell whether a code system is one that is known here by its names; another may be a laboratory's own."""
    return canonical(system) in _NAMES
