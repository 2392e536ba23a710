"""HTTP at the edge: Flask and nothing of it further inside."""
