"""The kit: the components, the style sheet and the scripts from which every page is made."""
