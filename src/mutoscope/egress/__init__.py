"""The one door to the network: every byte that leaves this server goes through it."""
