"""The flow of an OAuth provider: its four routes, the rules of each step, and what is remembered in between."""
