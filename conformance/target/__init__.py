"""The target: what it is, and the examination of the set-up before any case runs."""
