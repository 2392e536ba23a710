"""Two reports, or two targets, side by side: what got better or worse, and what differs on the wire."""
