"""`creativity sql`: one statement, or a prompt for more, over the warehouse."""
