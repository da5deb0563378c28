"""Rows and how they come in: files, folders, object stores, queries and callables, each as Arrow tables."""
