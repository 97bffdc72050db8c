"""The programme room's adapters: everything here touches the world."""
