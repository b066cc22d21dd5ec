from consent.data_map import HOLDINGS, IMPERSONAL, Erasure

COLUMNS = """
    SELECT table_name, column_name, data_type
      FROM information_schema.columns
     WHERE table_schema = 'public'
"""


async def test_every_column_is_accounted_for(conn):
    """A new column is personal or it is not; whoever adds it says which."""
    schema = {f"{row['table_name']}.{row['column_name']}" for row in await conn.fetch(COLUMNS)}
    impersonal = {
        f"{table}.{column}" for table, columns in IMPERSONAL.items() for column in columns
    }
    personal = [f"{holding.table}.{column}" for holding in HOLDINGS for column in holding.columns]

    assert schema == impersonal | set(personal)
    assert not impersonal & set(personal)
    assert len(personal) == len(set(personal))


async def test_what_ages_is_a_time_in_the_same_table(conn):
    times = {
        (row["table_name"], row["column_name"])
        for row in await conn.fetch(COLUMNS)
        if row["data_type"] == "timestamp with time zone"
    }

    assert {(holding.table, holding.clock) for holding in HOLDINGS} <= times


async def test_what_goes_with_its_comment_is_tied_to_it_by_the_database(conn):
    """An erased comment takes its labels along because of a foreign key, not because of code."""
    cascading = {
        row["child"]
        for row in await conn.fetch(
            "SELECT conrelid::regclass::text AS child FROM pg_constraint"
            " WHERE contype = 'f' AND confrelid = 'comments'::regclass AND confdeltype = 'c'"
        )
    }

    tied = {holding.table for holding in HOLDINGS if holding.erasure is Erasure.WITH_COMMENT}
    assert tied <= cascading
