"""Speed and memory, measured: never asserted by a test, for machines and their moods differ."""
