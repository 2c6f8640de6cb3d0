"""Documents as tagged PDF (PDF/UA-1), in the languages that people write, made without any network or system font."""
