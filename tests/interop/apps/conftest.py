"""The applications in the folders here are tested as their owners would do it: each in a process of its own."""

collect_ignore_glob = ["*_app/*"]
