"""The examination of the set-up before any case runs: is the target there, what does it have, does it fit the IdP."""
