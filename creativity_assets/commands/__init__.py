"""What the commands of `creativity` do, a file a command; `cli` declares their options."""
