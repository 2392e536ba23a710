"""A sign-in as it happened, for people: requests, answers, refusals; credentials shortened, tokens opened."""
