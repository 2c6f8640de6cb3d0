"""The gallery: every component of the kit in every state, for those who make pages."""
