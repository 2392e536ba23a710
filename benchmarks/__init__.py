"""How fast mock, reference backend and suite are, measured against their peers in one run."""
