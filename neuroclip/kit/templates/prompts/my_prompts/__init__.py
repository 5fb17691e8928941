"""my-prompts: prompt sets for NeuroCLIP, one TOML file each. Nothing imports this; it only has to be found."""
