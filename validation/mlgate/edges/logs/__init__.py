"""What production logged: windows of time, labels that came later, and how it differs from the training side."""
