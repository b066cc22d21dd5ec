"""A site's own models: kept with their manifests, promoted, rolled back, forgotten."""
