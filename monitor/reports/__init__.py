"""What do people read? Data becomes messages here: an alert, a digest. Pure: no clock, no network."""
