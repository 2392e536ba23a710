"""Grants: the memory of what was decided and issued, and the rules about codes and tokens that are held against it."""
