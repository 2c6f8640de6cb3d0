"""The pages of panels: a member's list, an entry with its marks, what a chair sees, minutes, and the members."""
