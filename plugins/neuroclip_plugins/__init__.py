"""The heads that NeuroCLIP ships, one module each, found through entry points as a stranger's are."""
