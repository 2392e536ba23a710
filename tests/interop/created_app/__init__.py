"""A freshly created Backstage app, signed in without a network: what a developer does, step by step."""
