"""A simulated health system: real servers on loopback, with seeded lives behind them. Independent of the pipeline."""
