"""Numbers in, effects out: tests, effect sizes and the tables of the study, over plain data frames."""
