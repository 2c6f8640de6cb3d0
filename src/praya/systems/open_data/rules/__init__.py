"""Rules of the statistics: what is counted, and which counts are hidden. Pure."""
