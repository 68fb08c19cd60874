"""Runs: folders that training writes and resumes, and the models that evaluation and prediction open."""
