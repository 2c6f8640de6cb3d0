"""The interpreter leads a person through the blocks as the definition says.

It alone makes the outcome of one block the input of another.
"""
