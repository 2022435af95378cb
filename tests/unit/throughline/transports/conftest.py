"""No proxy and no authority of this machine reaches these tests; they bring an authority of their own."""

from __future__ import annotations

import pytest

from tests.unit.throughline.transports.rough import Authority

ENVIRONMENT = (
    "HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY http_proxy https_proxy all_proxy no_proxy"
    " REQUESTS_CA_BUNDLE CURL_CA_BUNDLE SSL_CERT_FILE SSL_CERT_DIR NETRC"
).split()


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep this machine's proxies and CA bundles out of the tests."""
    for name in ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """An authority that signs the certificates of the servers."""
    return Authority(tmp_path_factory.mktemp("authority"))
