"""The clients of a department, at the desk."""
