"""What a network is trained for: each objective makes sums of losses, by name, of a batch."""
