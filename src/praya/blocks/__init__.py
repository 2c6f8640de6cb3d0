"""The blocks: one folder for each task of a government. No block imports another; the journey combines them."""
