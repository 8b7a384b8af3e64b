"""What does Newsmon do on a desk of our own? Invented outlets, a loopback newsroom, a local mailbox."""
