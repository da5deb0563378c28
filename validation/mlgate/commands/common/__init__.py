"""What several commands do: settings read, slices sought, decisions put together, written and put on record."""
