"""The last Backstage auth backend with a SAML provider, as a target."""
