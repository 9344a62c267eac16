"""Figures, a module for each subject."""
