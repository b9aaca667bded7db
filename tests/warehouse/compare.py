"""Runs the queries of docs/warehouse.md on the sample's logs and compares what they give with `kyoten rollup`, row for row.

python compare.py KYOTEN FOLDER [ENGINE...]: the command line's program, a folder to work in, and which engines to run
(duckdb, clickhouse, spark, trino, bigquery; all of them when none is named). The last line says how many agreed.
"""
import csv
import json
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
COLUMNS = ["src_site", "dst_site", "proto", "dst_port", "hour", "outcome", "flows", "bytes_out", "bytes_in",
           "first_ms", "last_ms", "src_hosts", "dst_hosts"]
FLOWS = ["ts", "src_ip", "src_port", "dst_ip", "dst_port", "proto", "outcome", "bytes_out", "bytes_in", "one_way"]


def queries():
    """The fenced queries of the document, by the word after `sql`."""
    text = open(os.path.join(HERE, "../../docs/warehouse.md"), encoding="utf-8").read()
    return dict(re.findall(r"```sql ([\w-]+)\n(.*?)```", text, re.S))


def run(program, *words):
    """Runs the command line; status 1 says that the sample's spoilt records were said."""
    done = subprocess.run([program, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode not in (0, 1):
        sys.exit(done.stderr.decode())
    return done.stdout.decode()


def rows(table):
    """Rows as texts in order, so that no engine's order and no number's spelling matters."""
    plain = lambda value: "" if value is None else str(int(value)) if isinstance(value, float) else str(value)
    return sorted(tuple(plain(value) for value in row) for row in table)


def compare(name, own, other):
    own, other = rows(own), rows(other)
    if own == other:
        print(f"{name}: {len(own)} rows agree")
        return True
    print(f"{name}: {len(own)} rows of kyoten, {len(other)} of the query; differ:")
    for row in sorted(set(own) ^ set(other))[:8]:
        print("  kyoten" if row in set(own) else "  query ", row)
    return False


def flows(text, one_way):
    """Flows of `kyoten flows`, as the table that the queries ask for."""
    for line in text.splitlines():
        flow = json.loads(line)
        yield [flow.get(name) for name in FLOWS[:-1]] + [one_way]


def main():
    program, folder, engines = sys.argv[1], sys.argv[2], sys.argv[3:] or ["duckdb", "clickhouse", "spark", "trino", "bigquery"]
    sample = os.path.join(folder, "sample")
    run(program, "sample", "--out", sample)
    sites = os.path.join(sample, "SYNTHETIC-sites.csv")
    intervals = os.path.join(folder, "intervals.csv")
    run(program, "intervals", sites, "--out", intervals)
    logs = sorted(os.path.join(sample, name) for name in os.listdir(sample) if "sites" not in name and "policy" not in name)
    rolled = lambda *given: list(csv.reader(run(program, "rollup", *given, "--sites", sites).splitlines()))
    expected = rolled(*logs)
    assert expected[0] == COLUMNS, expected[0]
    table = [row for log in logs for row in flows(run(program, "flows", log), "vpcflow" in log)]
    flows_csv = os.path.join(folder, "flows.csv")
    with open(flows_csv, "w", newline="", encoding="utf-8") as out:
        csv.writer(out).writerows([FLOWS, *table])
    asked = queries()
    agreed = []
    for engine in engines:
        if engine in ("duckdb", "trino", "bigquery"):
            agreed.append(compare(engine, expected[1:], duckdb_rows(engine, asked[engine], flows_csv, intervals)))
        elif engine == "clickhouse":
            agreed.append(compare(engine, expected[1:], clickhouse_rows(asked[engine], flows_csv, intervals)))
        elif engine == "spark":
            agreed.append(compare(engine, expected[1:], spark_rows(asked[engine], flows_csv, intervals)))
    if "duckdb" in engines:
        agreed.append(zeek(asked, program, folder, logs, rolled, intervals))
        agreed.append(vpc(asked, logs, rolled, intervals))
        agreed.append(parquet(asked, folder, flows_csv, rolled, intervals))
    print(f"{sum(agreed)} passed, {len(agreed) - sum(agreed)} failed")
    sys.exit(0 if all(agreed) else 1)


TYPES = ("{'ts': 'DOUBLE', 'src_ip': 'VARCHAR', 'src_port': 'INTEGER', 'dst_ip': 'VARCHAR', 'dst_port': 'INTEGER', "
         "'proto': 'VARCHAR', 'outcome': 'VARCHAR', 'bytes_out': 'BIGINT', 'bytes_in': 'BIGINT', 'one_way': 'BOOLEAN'}")


def duck(intervals):
    import duckdb
    base = duckdb.connect()
    base.execute(f"CREATE TABLE intervals AS SELECT CAST(family AS INTEGER) AS family, CAST(lo AS BIGINT) AS lo, CAST(hi AS BIGINT) AS hi, site "
                 f"FROM read_csv('{intervals}', all_varchar=true, header=true) WHERE family = '4'")
    return base


def duckdb_rows(engine, query, flows_csv, intervals):
    base = duck(intervals)
    base.execute(f"CREATE TABLE flows AS SELECT * FROM read_csv('{flows_csv}', header=true, columns={TYPES})")
    if engine != "duckdb":
        import sqlglot
        query = sqlglot.transpile(query, read=engine, write="duckdb")[0]
        base.execute("SET TimeZone='UTC'")
    return base.execute(query).fetchall()


def zeek(asked, program, folder, logs, rolled, intervals):
    """A raw Zeek log through the document's view; records that no reader can use are taken out for both."""
    log = next(log for log in logs if log.endswith("zeek.log"))
    good = {json.loads(line)["line"] for line in run(program, "flows", log).splitlines()}
    lines = open(log, encoding="utf-8").read().splitlines()
    whole = os.path.join(folder, "SYNTHETIC-zeek-whole.log")
    kept = [line for number, line in enumerate(lines, 1) if line.startswith("#") or number in good]
    open(whole, "w", encoding="utf-8").write("\n".join(kept) + "\n")
    names = next(line for line in lines if line.startswith("#fields")).split("\t")[1:]
    names = [name.removeprefix("id.") for name in names]
    base = duck(intervals)
    columns = "{" + ", ".join(f"'{name}': 'VARCHAR'" for name in names) + "}"
    base.execute(f"CREATE TABLE zeek AS SELECT * FROM read_csv('{whole}', auto_detect=false, strict_mode=false, delim='\t', header=false, comment='#', quote='', escape='', new_line='\\n', columns={columns})")
    base.execute(asked["duckdb-zeek"])
    return compare("duckdb, raw Zeek log", rolled(whole)[1:], base.execute(asked["duckdb"]).fetchall())


def vpc(asked, logs, rolled, intervals):
    """A raw VPC flow log, a record a direction, through the document's view."""
    log = next(log for log in logs if log.endswith("vpcflow.log"))
    base = duck(intervals)
    base.execute(f"CREATE TABLE vpc AS SELECT * FROM read_csv('{log}', delim=' ', header=true, all_varchar=true)")
    base.execute(asked["duckdb-vpc"])
    return compare("duckdb, raw VPC flow log", rolled(log)[1:], base.execute(asked["duckdb"]).fetchall())


def parquet(asked, folder, flows_csv, rolled, intervals):
    """The query's rows as Parquet, packed in each way that DuckDB and Kyoten know, read back; distinct hosts can't be."""
    base = duck(intervals)
    base.execute(f"CREATE TABLE flows AS SELECT * FROM read_csv('{flows_csv}', header=true, columns={TYPES})")
    base.execute(f"CREATE TABLE rollup AS {asked['duckdb'].rstrip().rstrip(';')}")
    rows = [row[:11] for row in base.execute("SELECT * FROM rollup").fetchall()]
    agreed = []
    for packing in ("uncompressed", "snappy", "gzip", "zstd", "lz4_raw"):
        path = os.path.join(folder, f"rollup-{packing}.parquet")
        base.execute(f"COPY rollup TO '{path}' (FORMAT parquet, COMPRESSION {packing})")
        agreed.append(compare(f"rollup as Parquet, {packing}", [row[:11] for row in rolled(path)[1:]], rows))
    return all(agreed)


def clickhouse_rows(query, flows_csv, intervals):
    from chdb import session
    base = session.Session()
    base.query("CREATE DATABASE IF NOT EXISTS kyoten ENGINE = Atomic")
    base.query("USE kyoten")
    structure = ("ts Nullable(Float64), src_ip String, src_port Nullable(Int32), dst_ip String, dst_port Nullable(Int32), proto Nullable(String), "
                 "outcome String, bytes_out Nullable(Int64), bytes_in Nullable(Int64), one_way Bool")
    base.query(f"CREATE TABLE kyoten.flows ENGINE = Memory AS SELECT * FROM file('{flows_csv}', CSVWithNames, '{structure}')")
    base.query(f"CREATE TABLE kyoten.intervals ENGINE = Memory AS SELECT family, toInt64(lo) AS lo, toInt64(hi) AS hi, site "
               f"FROM file('{intervals}', CSVWithNames, 'family Int32, lo String, hi String, site String') WHERE family = 4")
    text = str(base.query(query, "TSV"))
    return [[None if cell == "\\N" else cell for cell in line.split("\t")] for line in text.splitlines()]


def spark_rows(query, flows_csv, intervals):
    from pyspark.sql import SparkSession
    spark = (SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").config("spark.sql.session.timeZone", "UTC")
             .config("spark.sql.shuffle.partitions", "4").getOrCreate())
    spark.sparkContext.setLogLevel("ERROR")
    schema = ("ts DOUBLE, src_ip STRING, src_port INT, dst_ip STRING, dst_port INT, proto STRING, outcome STRING, bytes_out BIGINT, "
              "bytes_in BIGINT, one_way BOOLEAN")
    spark.read.csv(flows_csv, header=True, schema=schema).createOrReplaceTempView("flows")
    wide = spark.read.csv(intervals, header=True).where("family = '4'")
    wide.selectExpr("CAST(family AS INT) AS family", "CAST(lo AS BIGINT) AS lo", "CAST(hi AS BIGINT) AS hi", "site").createOrReplaceTempView("intervals")
    found = [list(row) for row in spark.sql(query).collect()]
    spark.stop()
    return found


if __name__ == "__main__":
    main()
