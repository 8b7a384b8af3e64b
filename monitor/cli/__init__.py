"""How does a person or a program talk to Newsmon? One file per group of commands."""
