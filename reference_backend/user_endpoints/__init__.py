"""What a Backstage token is good for here: user info, keys and the cookie of a limited token (USERINFO, JWKS, LIM)."""
