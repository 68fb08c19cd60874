"""Symbols: graphs of named operators and variables. No arrays here."""
