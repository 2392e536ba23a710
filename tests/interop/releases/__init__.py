"""The suite against releases of the Backstage auth backend: a table of them, and a page of what each came to."""
