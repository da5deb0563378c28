"""What ``run`` and ``data`` do about data: suites and checks, windows beside the training data, the prediction log."""
