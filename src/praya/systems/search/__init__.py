"""Search: everything that the portal has, found by words in any language and script."""
