"""The overlay room's adapters: everything here touches the world."""
