"""One module for each action; each observes, plans by pure rules, then applies the plan."""
