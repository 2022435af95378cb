"""A simulated health system: real servers on loopback, seeded lives behind them. It knows nothing of the pipeline."""
