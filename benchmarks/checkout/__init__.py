"""What a one-tap order costs, ours beside its peers."""
