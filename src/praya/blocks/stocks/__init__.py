"""Stocks: things that are each given to one case, and lines in which cases wait for their turn to choose."""
