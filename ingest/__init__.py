"""Bytes from outside become immutable landed objects and typed, hashed lake files."""
