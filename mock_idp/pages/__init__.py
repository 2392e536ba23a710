"""The pages that people see, and the consent form that machines fill in as well."""
