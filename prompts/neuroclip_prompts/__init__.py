"""Prompt sets: sentences with a place for a class name, as TOML.

A set is a file: `description`, `source`, `templates = ["a photo of a {}"]`, and optionally a table `[classes]` that
spells class names as words (`"0" = "zero"`). Other packages bring theirs through an entry point of the group
`neuroclip.prompts` whose value is a package that holds TOML files; ours come through one too.
"""

from neuroclip_prompts.prompt_set import PromptSet, PromptSetError, read
from neuroclip_prompts.registry import Row, installed, load, names

__all__ = ["PromptSet", "PromptSetError", "Row", "installed", "load", "names", "read"]
