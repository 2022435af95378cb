"""The entries of the catalogue, a module for each standard that reads them."""
