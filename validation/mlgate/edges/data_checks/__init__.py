"""Tables to what the checks of data read: leakage, drift, outliers, stand-ins, personal data."""
