"""WHAT is on screen: the card, the scene, the feed's messages."""
