"""The channels room's adapters: everything here touches the world."""
