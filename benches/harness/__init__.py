"""The parts of `benches/compare`: what is measured, how, and what is written about it."""
