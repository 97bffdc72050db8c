"""The timeline room's adapters: everything here touches the world."""
