"""The checkout room's adapters: everything here touches the world."""
