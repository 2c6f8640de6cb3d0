"""Rules of identity: addresses, names, and limits of sign-in codes. Pure."""
