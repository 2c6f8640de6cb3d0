"""One file for each benchmark; each prints a last line of JSON. `./dev bench NAME` runs one."""
