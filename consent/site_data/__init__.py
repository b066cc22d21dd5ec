"""All that belongs to one site: taken along (``exporting``), or gone for good (``deleting``).

Which tables that are, the database itself says: every table with a column ``site_id``.
"""
