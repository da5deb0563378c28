"""One file per command: it wires edges, gate and renderers, and nobody else does.

The longer ones go step by step: ``data_steps`` and ``model_steps`` put data and models to what ``run`` asks of them,
``check_steps`` compare without a configuration file, also from Python; ``common`` is what all of them do alike.
"""
