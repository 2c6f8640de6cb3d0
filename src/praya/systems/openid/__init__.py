"""OpenID provider: residents sign in to other services with their account here, and decide which data goes there."""
