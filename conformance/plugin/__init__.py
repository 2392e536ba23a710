"""The suite as a pytest plugin: options, set-up, one item per case, verdicts from every worker."""
