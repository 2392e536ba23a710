"""The Backstage app-config that fits the mock, and the clients that go with it."""
