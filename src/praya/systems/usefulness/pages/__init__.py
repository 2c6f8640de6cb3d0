"""The question on the page of a service, and the page that takes the answer."""
