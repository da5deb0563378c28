"""Models as files and as processes: fetched, given an environment, trained, asked, measured, and remembered."""
