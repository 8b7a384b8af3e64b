"""What do the parts of Newsmon say to one another? Types, ports and errors; standard library only."""
