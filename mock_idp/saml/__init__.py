"""What a SAML 2.0 identity provider sends and receives, as XML; it knows neither Flask nor sockets."""
