"""What is wrong with a set-up, told apart from what is wrong with a target."""


class ConfigurationFault(Exception):  # noqa: N818 - the glossary's word
    """Target, IdP or command line are set up wrongly, so that nothing can be tested; the text says what to do."""
