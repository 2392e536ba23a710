"""Backstage tokens: keys, issuing, verification (TOKEN, KEY, VERIFY)."""
