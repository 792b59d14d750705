"""The IAM guard: who may do what, judged by the policies that the two accounts really hold."""
