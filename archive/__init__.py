"""Proof that outlives the service: histories, the Merkle log, verification."""
