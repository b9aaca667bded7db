"""The nearest query that DuckDB can be asked over a log: totals by host pair and service, and by network pair, service and hour.

python3 benches/duckdb_query.py LOG tsv|json   needs: pip install duckdb
"""
import sys

import duckdb

COLUMNS = {
    "ts": "DOUBLE", "uid": "VARCHAR", "id.orig_h": "VARCHAR", "id.orig_p": "INTEGER", "id.resp_h": "VARCHAR", "id.resp_p": "INTEGER",
    "proto": "VARCHAR", "service": "VARCHAR", "duration": "DOUBLE", "orig_bytes": "BIGINT", "resp_bytes": "BIGINT", "conn_state": "VARCHAR",
    "local_orig": "VARCHAR", "local_resp": "VARCHAR", "missed_bytes": "BIGINT", "history": "VARCHAR", "orig_pkts": "BIGINT",
    "orig_ip_bytes": "BIGINT", "resp_pkts": "BIGINT", "resp_ip_bytes": "BIGINT", "tunnel_parents": "VARCHAR",
}

log, kind = sys.argv[1:]
connection = duckdb.connect()
connection.execute("SET threads = 2")
if kind == "tsv":
    source = f"read_csv('{log}', delim='\t', header=false, comment='#', nullstr='-', quote='', escape='', auto_detect=false, columns={COLUMNS})"
else:
    source = f"read_json('{log}', format='newline_delimited', columns={COLUMNS})"
SUMS = """count(*), count(*) FILTER (conn_state IN ('SF', 'S1', 'S2', 'S3', 'RSTO', 'RSTR')),
          sum(orig_bytes), sum(resp_bytes), min(ts), max(ts)"""
# One pass over the file, both groupings at once.
rows = connection.execute(f"""
    SELECT {SUMS} FROM (SELECT *, regexp_extract("id.orig_h", '^[0-9]+[.][0-9]+') AS a,
                               regexp_extract("id.resp_h", '^[0-9]+[.][0-9]+') AS b FROM {source})
    GROUP BY GROUPING SETS (("id.orig_h", "id.resp_h", proto, "id.resp_p"), (a, b, proto, "id.resp_p", ts // 3600))
""").fetchnumpy()
print(len(next(iter(rows.values()))))
