"""Formats of the wire and of the configuration: pure functions, byte for byte as a JavaScript backend has them."""
