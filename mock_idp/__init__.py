"""A strict mock identity provider: one server that is every vendor Backstage can sign in with."""


def __getattr__(name: str) -> str:
    """``__version__``, looked up when it is read: to read a package's metadata takes longer than most commands.

    Raises:
        AttributeError: there is no such name.
    """
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib.metadata import version  # noqa: PLC0415 - this is what takes long

    return version("backstage-auth-conformance")
