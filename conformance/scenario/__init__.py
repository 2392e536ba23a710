"""The scenario language: its model, its loader, its references and paths. Pure: no I/O but reading files."""
