"""Seeds of the second trial; not changed after the first play, but for what makes them fit a changed backend."""
