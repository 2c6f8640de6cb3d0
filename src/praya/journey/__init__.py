"""The interpreter: leads a person through the blocks as the definition says. The only code that sees two blocks."""
