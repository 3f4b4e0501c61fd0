"""Measuring models: metrics and protocols; nothing here is needed to run Bowerbird."""
