"""Tables to what the engine compares: labels, predictions, slices, units and weights, row by row."""
