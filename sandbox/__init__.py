"""Two AWS accounts on one machine, for the demo and the tests."""
