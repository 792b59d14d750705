"""How fast the product is, as ratios to the least that the same work can take."""
