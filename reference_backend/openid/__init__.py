"""The relying party's side of OpenID Connect: metadata, keys and the requests of a client."""
