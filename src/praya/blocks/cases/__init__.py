"""Cases: each application with its state, its deadlines, its fees and its history."""
