"""HTTP at the edge: what is read of a request, how it is answered, and the client for calls to others."""
