"""The forms that the ledger's tables have had."""
