"""Measures the cost of a night by number of patients and by share of changed patients."""
