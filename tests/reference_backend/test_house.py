"""Rules of the house that no linter knows."""

from reference_backend import providers, proxies


def test_providers_are_found_by_looking():
    assert {"github", "google"} <= set(providers.discover())
    assert {"guest", "oauth2Proxy"} <= set(proxies.discover())
    for vendor, provider in {**providers.discover(), **proxies.discover()}.items():
        assert provider.vendor == vendor
