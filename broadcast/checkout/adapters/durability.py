"""What both stores promise: *committed* means *survives power loss*."""


class NotDurableError(Exception):
    """The database would acknowledge what it could still lose."""
