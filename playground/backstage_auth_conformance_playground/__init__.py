"""The built app of ``auth-conformance playground``, in the directory ``bundle``. There is nothing to import."""
