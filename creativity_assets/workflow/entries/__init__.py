"""What entries of the catalogue mean for the code: methods, weights, plugins, and whether an entry can be measured."""
