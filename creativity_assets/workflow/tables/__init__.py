"""The tables that are made of the parts, the warehouse and report that are made of them, and what must hold of all."""
