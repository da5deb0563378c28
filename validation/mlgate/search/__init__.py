"""The search for slices that nobody declared: columns to levels, levels to conjunctions, and which of them to tell."""
