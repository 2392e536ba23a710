"""The control API below ``/__idp``."""
