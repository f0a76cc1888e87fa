"""One picture: decoding untrusted bytes, auditing, hashing, and the one way to a model's input."""
