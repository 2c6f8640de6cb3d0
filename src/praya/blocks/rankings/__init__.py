"""Rankings: the order of the cases that wait in a state, worked out once, and what each got."""
