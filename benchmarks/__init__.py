"""The same numbers every time: what Gatehouse costs and how well it judges, beside baselines."""
