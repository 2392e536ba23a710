"""The app-config: the same YAML that Backstage reads."""
