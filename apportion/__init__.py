"""Apportion: what a company's AI really costs, per team, model and query."""

__version__ = "2026.11.0"
