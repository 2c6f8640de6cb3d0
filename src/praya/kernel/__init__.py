"""What every layer stands on: time, names, text, money, expressions, the journal and keys."""
