"""The directory of forms: forms of departments that are elsewhere, imported from a list, and found by the search."""
