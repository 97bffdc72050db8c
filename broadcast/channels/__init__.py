"""HOW it arrives: channel profiles, keys, deep links, the cue log, the feed server."""
