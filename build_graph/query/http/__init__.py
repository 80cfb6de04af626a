"""HTTP with servers of others: who asks is proved, answers are bounded, failures are told."""
