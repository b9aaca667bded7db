"""What Kyoten writes, read by programs that are not Kyoten: the OASIS validator of STIX 2.1, networkx, nft, and age.

Run by `cargo xtask test --only readers`: check.py PROGRAM FOLDER. Prints `N passed, N failed` at the end.
"""
import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import networkx
import pyrage
from stix2validator import ValidationOptions, validate_file

HEAD = "#separator \\x09\n#path\tconn\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\torig_bytes\tresp_bytes\tconn_state\n"
SITES = "site,cidr,country\nBangkok,10.66.0.0/16,TH\n=Tokyo,10.10.0.0/16,JP\nSix,2001:db8:1::/48,JP\n"
POLICY = "from,to,service,verdict,reason\nBangkok,*,tcp/445,deny,\"no <shares> & \"\"files\"\"\"\n"
PASSPHRASE = "a passphrase of the tests"


def log():
    rows = []
    for n in range(12):
        rows.append(f"{1_591_833_600 + n * 3600}.5\tC{n}\t10.66.8.{n % 3 + 1}\t{50_000 + n}\t10.10.20.15\t445\ttcp\t2000\t90000\tSF")
        rows.append(f"{1_591_833_700 + n * 3600}.5\tD{n}\t2001:db8:1::{n + 1:x}\t{50_000 + n}\t10.10.20.15\t443\ttcp\t200\t900\tSF")
    return HEAD + "\n".join(rows) + "\n"


def main():
    program, folder = sys.argv[1], Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "KYOTEN_PASSPHRASE": PASSPHRASE}

    def kyoten(*arguments):
        done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, env=environment)
        if done.returncode not in (0, 1):
            raise AssertionError(f"kyoten {arguments}: {done.stderr}")
        return done.stdout

    for name, text in {"conn.log": log(), "sites.csv": SITES, "policy.csv": POLICY}.items():
        (folder / name).write_text(text, encoding="utf-8")
    case = folder / "case.json"
    kyoten("analyze", folder / "conn.log", "--sites", folder / "sites.csv", "--policy", folder / "policy.csv", "--out", case)
    told = json.loads(case.read_text(encoding="utf-8"))
    finding = told["findings"][0]["id"]
    links = {(link["from"], link["to"]) for link in told["links"]}

    def stix():
        path = folder / "case.stix.json"
        kyoten("export", case, "--as", "stix", "--out", path)
        # Two recommendations (SHOULD) are left out. 103: ids at random; ours follow from the case, so that the same case gives the same
        # bundle. 301: both ports; a case keeps sums over many connections, and the initiators' ports are not among them.
        result = validate_file(str(path), ValidationOptions(version="2.1", strict=True, disabled=["103", "301"]))
        assert result.is_valid, [str(error) for own in result.object_results for error in own.errors or []]
        kinds = {own["type"] for own in json.loads(path.read_text(encoding="utf-8"))["objects"]}
        assert {"observed-data", "network-traffic", "report"} <= kinds, kinds

    def graphs():
        for form, read in (("graphml", networkx.read_graphml), ("gexf", networkx.read_gexf)):
            path = folder / f"case.{form}"
            kyoten("export", case, "--as", form, "--out", path)
            graph = read(path)
            name = lambda node: graph.nodes[node].get("label") or graph.nodes[node].get("name") or node
            edges = {(name(a), name(b)) for a, b in graph.edges()}
            between = {(a, b) for a, b in links if a != b}
            assert between <= edges, (form, between - edges)

    def sheet():
        path = folder / "case.csv"
        kyoten("export", case, "--as", "csv", "--out", path)
        with open(path, newline="", encoding="utf-8-sig") as file:
            rows = list(csv.reader(file))
        assert len({len(row) for row in rows}) == 1, "every row has as many cells as the header"
        assert not any(cell[:1] in "=+-@" for row in rows for cell in row if not cell[1:2].isdigit() and cell), "no cell is a formula"
        # A leading apostrophe is taken off again by whoever wants the name as it was.
        assert any("=Tokyo" in cell.lstrip("'") for row in rows for cell in row)

    def nft():
        assert shutil.which("nft"), "nft is not here"
        for scope in ("service", "link", "hosts"):
            path = folder / f"rules.{scope}.nft"
            kyoten("rules", case, "--vendor", "nftables", "--finding", finding, "--scope", scope, "--out", path)
            done = subprocess.run(["nft", "-c", "-f", str(path)], capture_output=True, text=True)
            assert done.returncode == 0, done.stderr
            broken = path.read_text(encoding="utf-8").replace("saddr", "sadr")
            again = subprocess.run(["nft", "-c", "-f", "/dev/stdin"], input=broken, capture_output=True, text=True)
            assert again.returncode != 0, "nft takes anything"

    def age():
        locked = folder / "case.json.age"
        kyoten("state", case, "--since", "2020-06-01", "--out", locked)
        plain = pyrage.passphrase.decrypt(locked.read_bytes(), PASSPHRASE)
        assert json.loads(plain)["case_id"] == told["case_id"] and json.loads(plain)["negatives"]
        theirs = folder / "theirs.json.age"
        theirs.write_bytes(pyrage.passphrase.encrypt(case.read_bytes(), PASSPHRASE))
        assert kyoten("verify", theirs) == kyoten("verify", case)

    failed = 0
    checks = [stix, graphs, sheet, nft, age]
    for check in checks:
        try:
            check()
            print(f"ok {check.__name__}")
        except Exception as error:  # each check is told, the rest goes on
            failed += 1
            print(f"FAILED {check.__name__}: {error}")
    print(f"{len(checks) - failed} passed, {failed} failed")


if __name__ == "__main__":
    main()
