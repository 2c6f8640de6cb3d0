"""Rankings: the order of the cases that wait in a state, computed once, and the award of each."""
