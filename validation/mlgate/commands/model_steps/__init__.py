"""What ``run`` and ``check`` do with two models: rows, oddities and questions put to them, and the models weighed."""
