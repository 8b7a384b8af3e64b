"""What do foreign bytes say? Parsers behind a wall of killable worker processes."""
