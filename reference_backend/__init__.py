"""The smallest complete Backstage auth backend, in Python that reads like the specification."""


def __getattr__(name: str) -> str:
    """``__version__``, looked up when it is read: to read a package's metadata takes longer than most commands.

    Raises:
        AttributeError: there is no such name.
    """
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib.metadata import version  # noqa: PLC0415 - this is what takes long

    return version("backstage-auth-conformance")
