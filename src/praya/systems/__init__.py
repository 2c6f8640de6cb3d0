"""Systems beside the journey, one folder each. Nothing outside a system's folder names it."""
