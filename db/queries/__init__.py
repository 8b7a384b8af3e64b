"""What do people ask of the database? One query, or a few that belong together, a module."""
