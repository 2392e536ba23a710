"""Faults: how the mock misbehaves when it is told to."""
