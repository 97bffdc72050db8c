"""The servers ours is measured beside, each the way its own manual would have it broadcast."""
