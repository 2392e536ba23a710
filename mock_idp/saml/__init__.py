"""What a SAML 2.0 identity provider says and hears, as XML; it knows neither Flask nor sockets."""
