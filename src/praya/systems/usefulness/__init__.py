"""Was this useful? What readers of a service's page say, counted without cookies and without personal data."""
