"""`comparison.json`: what it must have, written and read; the report reads nothing else."""

from neuroclip.comparison.document.reading import FORMAT, check, read_document, write_document

__all__ = ["FORMAT", "check", "read_document", "write_document"]
