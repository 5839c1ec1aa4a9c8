"""The verbs: one function each, of the name of its module."""
