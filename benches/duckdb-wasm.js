// DuckDB in the browser, asked for the same sums as benches/duckdb_query.py asks of the native one.
import * as duckdb from "@duckdb/duckdb-wasm";

const TYPES = {
  ts: "DOUBLE", uid: "VARCHAR", "id.orig_h": "VARCHAR", "id.orig_p": "INTEGER", "id.resp_h": "VARCHAR", "id.resp_p": "INTEGER",
  proto: "VARCHAR", service: "VARCHAR", duration: "DOUBLE", orig_bytes: "BIGINT", resp_bytes: "BIGINT", conn_state: "VARCHAR",
  local_orig: "VARCHAR", local_resp: "VARCHAR", missed_bytes: "BIGINT", history: "VARCHAR", orig_pkts: "BIGINT",
  orig_ip_bytes: "BIGINT", resp_pkts: "BIGINT", resp_ip_bytes: "BIGINT", tunnel_parents: "VARCHAR",
};
const columns = Object.entries(TYPES).map(([name, type]) => `'${name}': '${type}'`).join(", ");
const source = `read_csv('log', delim='\t', header=false, comment='#', nullstr='-', quote='', escape='', auto_detect=false, columns={${columns}})`;
const sums = `count(*) AS n, count(*) FILTER (conn_state IN ('SF', 'S1', 'S2', 'S3', 'RSTO', 'RSTR')) AS ran,
  sum(orig_bytes) AS sent, sum(resp_bytes) AS came, min(ts) AS first, max(ts) AS last`;
const query = `SELECT count(*) AS rows FROM (
  SELECT ${sums} FROM (SELECT *, regexp_extract("id.orig_h", '^[0-9]+[.][0-9]+') AS a,
                              regexp_extract("id.resp_h", '^[0-9]+[.][0-9]+') AS b FROM ${source})
  GROUP BY GROUPING SETS (("id.orig_h", "id.resp_h", proto, "id.resp_p"), (a, b, proto, "id.resp_p", ts // 3600)))`;

document.querySelector("input").onchange = async (event) => {
  try {
    const database = new duckdb.AsyncDuckDB(new duckdb.VoidLogger(), new Worker("/worker.js"));
    await database.instantiate("/duckdb.wasm");
    const connection = await database.connect();
    await database.registerFileHandle("log", event.target.files[0], duckdb.DuckDBDataProtocol.BROWSER_FILEREADER, true);
    const start = performance.now();
    const answer = await connection.query(query);
    globalThis.said = { rows: Number(answer.get(0).rows), seconds: (performance.now() - start) / 1000 };
  } catch (error) {
    globalThis.said = { error: String(error?.message ?? error) };
  }
};
