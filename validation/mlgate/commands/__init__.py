"""One file per command: it wires edges, gate and renderers, and nobody else does."""
