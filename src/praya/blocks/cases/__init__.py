"""Cases: what was applied for, where it stands, whose turn it is, and everything that was done."""
