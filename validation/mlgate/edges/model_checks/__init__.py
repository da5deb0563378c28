"""Rows to put to models beyond the comparison: changed, permuted, dealt and golden ones, and what comes of them."""
