"""The OAuth 2.0 core that every vendor shares: pure data and rules, no Flask, no sockets, no clock."""
