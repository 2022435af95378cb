"""How the EHR takes `identifier=system|value` apart (FHIR R4, 3.1.1.5.7)."""

from __future__ import annotations

import pytest

from sandbox.ehr.rest import system_and_value


@pytest.mark.parametrize(
    ("token", "found"),
    [
        ("urn:x|7", ("urn:x", "7")), ("7", ("", "7")), ("|7", ("", "7")), ("urn:x|", ("urn:x", "")),
        (r"urn:x|a\|b\|c", ("urn:x", "a|b|c")), ("urn:x|a|b", ("urn:x", "a|b")), (r"urn:x|a\\", ("urn:x", "a\\")),
        (r"urn:\|x|1\,2\$3", ("urn:|x", "1,2$3")), (r"urn:x\\|7", ("urn:x\\", "7")),
    ],
)  # fmt: skip
def test_the_first_bar_that_is_not_escaped_ends_the_system(
    token: str, found: tuple[str, str]
) -> None:
    assert system_and_value(token) == found
