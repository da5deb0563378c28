"""Checks: functions that look at something and return observations. One file per idea."""
