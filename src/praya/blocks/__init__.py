"""The blocks: one folder for each thing a government does. No block imports another; the journey joins them."""
