"""WHO pays: offers, stock, reservations, the order state machine, the ledger, payment."""
