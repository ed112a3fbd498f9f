"""The catalogue: one file per fault, in a folder per layer. The file name is the key in YAML; no list to edit."""
