"""What a prediction costs: energy, latency and area, on the array and in digital logic."""
