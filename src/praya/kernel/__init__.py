"""The foundation of every layer: time, references, text, money, expressions, the journal, the outbox, encryption."""
