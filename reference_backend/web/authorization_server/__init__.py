"""Routes of the authorization server, one module for each group."""
