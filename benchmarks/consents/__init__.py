"""What the benchmarks of the consent log put beside it."""
