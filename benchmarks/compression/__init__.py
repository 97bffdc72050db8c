"""What compressing the feed's messages saves, and what it costs."""
