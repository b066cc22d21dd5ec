"""The chassis: settings, database, sites and keys, errors, HTTP edge, logs.  Knows no domain."""
