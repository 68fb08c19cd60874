"""Specs: network and job files, from text with positions to checked values."""
