"""Whether a code can be one of its system: by its form, and by its check digit where it has one."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from throughline.vocabulary.value_sets.systems import canonical

# LOINC Users' Guide, "Calculating Mod 10 Check Digits": these have the wrong digit, and keep it. Read 2026-12-01.
_WRONG = frozenset(
    {
        "11491-6", "11501-6", "5895-7", "5896-5", "5897-3", "5928-1", "6028-3", "6415-5", "6580-7", "6645-7",
        "6646-5", "6647-3", "6648-1", "6649-9",
    }
)  # fmt: skip
# SNOMED CT Release File Specification, 6.4 (Verhoeff's dihedral check): products of the group D5. Read 2026-12-01.
_PRODUCT = (
    "0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
    "5987604321", "6598710432", "7659821043", "8765932104", "9876543210",
)  # fmt: skip
_TURN = "1576283094"
# The second and third digit from the right say what an identifier is of: a concept, of the core or of an extension.
_CONCEPT = ("00", "10")


def is_code(system: str, code: str) -> bool:
    """Tell whether a code can be one of a system, by any name of it; true of systems whose form is not known.

    It says nothing about whether the code exists.
    """
    check = _CHECKS.get(canonical(system))
    return check is None or check(code)


def _is_loinc(code: str) -> bool:
    """LOINC: up to seven digits, a dash and a check digit (Mod 10); parts and answers (LP, LA) are no tests."""
    found = re.fullmatch(r"(\d{1,7})-(\d)", code, re.ASCII)
    return found is not None and (code in _WRONG or _mod_10(found[1]) == int(found[2]))


def _mod_10(digits: str) -> int:
    """Return LOINC's check digit: from the right, digits in odd places are doubled, all digits added (Luhn)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        number = int(digit) * (2 if place % 2 == 0 else 1)
        total += number // 10 + number % 10
    return -total % 10


def _is_snomed(code: str) -> bool:
    """SNOMED CT: 6 to 18 digits, not beginning with 0, that name a concept, with Verhoeff's check digit."""
    if not re.fullmatch(r"[1-9]\d{5,17}", code, re.ASCII) or code[-3:-1] not in _CONCEPT:
        return False
    check = 0
    for place, digit in enumerate(reversed(code)):
        check = int(_PRODUCT[check][_turned(int(digit), place % 8)])
    return check == 0


def _turned(digit: int, times: int) -> int:
    for _ in range(times):
        digit = int(_TURN[digit])
    return digit


def _form(pattern: str) -> Callable[[str], bool]:
    form = re.compile(pattern, re.ASCII)
    return lambda code: form.fullmatch(code) is not None


# CPT: five digits, or four and F (category II), T (category III), A (administrative), U or M (laboratory analyses).
# HCPCS level II: a letter A to V and four digits; level I is CPT, and feeds send both under either name.
_SERVICE = _form(r"\d{4}[\dFTAUM]|[A-V]\d{4}")
_CHECKS: Mapping[str, Callable[[str], bool]] = {
    canonical("LOINC"): _is_loinc,
    canonical("SNOMED"): _is_snomed,
    canonical("CPT"): _SERVICE,
    canonical("HCPCS"): _SERVICE,
    canonical("CVX"): _form(r"\d{2,3}"),
    # ICD-10-CM Official Guidelines, section I.A: three to seven characters, a dot after the third.
    canonical("ICD-10-CM"): _form(r"[A-Z]\d[\dAB](\.[\dA-Z]{1,4})?"),
    canonical("RXNORM"): _form(r"[1-9]\d{0,7}"),
    canonical("NDC"): _form(r"\d{10,11}|\d{4,5}-\d{3,4}-\d{1,2}"),
}
