"""Ground floor: the container of files, estimates with intervals, settings, seeds, and tables with their sources."""
