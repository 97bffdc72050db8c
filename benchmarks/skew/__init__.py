"""How far the card is from the picture, read off composited screenshots of real Chromium: both in one image."""
