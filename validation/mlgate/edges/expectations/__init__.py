"""Data suites: files of Great Expectations, drafted, compared, run, and shown."""
