"""Open figures: a fold over the journal that can be thrown away and built again."""
