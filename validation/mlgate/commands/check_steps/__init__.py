"""A comparison without a configuration file, step by step: for ``check`` and ``power``, and for calls from Python."""
