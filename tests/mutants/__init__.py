"""General mutation of the reference backend's protocol code, judged by the black-box suite alone."""
