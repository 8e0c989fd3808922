"""The ledger: what coo remembers between runs, in SQLite or Postgres."""

from coo.adapters.ledger.open import open_ledger as open_ledger
from coo.adapters.ledger.store import Ledger as Ledger
