"""Compact models of measured devices: data sheets with their tables, and the models that they make."""
