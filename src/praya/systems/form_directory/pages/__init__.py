"""The pages of the directory of forms."""
