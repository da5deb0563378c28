"""Intervals, p-values, adjustment for many findings, and power: pure functions on counts, tables and numbers."""
