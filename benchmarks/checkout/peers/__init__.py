"""The buyers, and the designs ours is measured against."""
