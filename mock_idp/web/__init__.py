"""From an HTTP request to a service and back: reading, routing, faults, the journal, writing."""
