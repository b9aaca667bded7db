//! The ledger as bytes, for the way from a reader to the analyst. The same ledger is always the same bytes.

use serde::{Deserialize, Serialize};

use super::capped::{Absorb, Capped, Ranked};
use super::{CellKey, Earliest, Ledger, PairKey, PairTotals, ServiceKey, Totals};

#[derive(Serialize, Deserialize)]
struct Wire {
    cells: Table<CellKey, Totals>,
    coarse: Table<CellKey, Totals>,
    pairs: Table<PairKey, PairTotals>,
    rows: Table<ServiceKey, Earliest>,
    spilled_cells: Totals,
    spilled_pairs: Totals,
    names: std::collections::BTreeMap<crate::flow::Host, String>,
    accounts: std::collections::BTreeMap<ServiceKey, std::collections::BTreeMap<String, u64>>,
    coverage: std::collections::BTreeMap<String, std::collections::BTreeMap<crate::flow::Hour, u64>>,
    witnesses: std::collections::BTreeMap<crate::sites::Locus, std::collections::BTreeMap<String, u64>>,
}

#[derive(Serialize, Deserialize)]
struct Table<K, V> {
    entries: Vec<(K, V)>,
    cap: usize,
    bar: Option<(u8, u64)>,
}

impl<K: Ranked, V: Absorb + Default + Clone> Table<K, V> {
    fn of(table: &Capped<K, V>) -> Self {
        let entries = table.sorted().into_iter().map(|(key, value)| (key, value.clone())).collect();
        Table { entries, cap: table.cap(), bar: table.bar() }
    }

    fn into_capped(self) -> Capped<K, V> {
        Capped::of_entries(self.entries, self.cap, self.bar)
    }
}

impl Ledger {
    /// The ledger as bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let wire = Wire {
            cells: Table::of(&self.cells),
            coarse: Table::of(&self.coarse),
            pairs: Table::of(&self.pairs),
            rows: Table::of(&self.rows),
            spilled_cells: self.spilled_cells.clone(),
            spilled_pairs: self.spilled_pairs.clone(),
            names: self.names.clone(),
            accounts: self.accounts.clone(),
            coverage: self.coverage.clone(),
            witnesses: self.witnesses.clone(),
        };
        postcard::to_allocvec(&wire).expect("a ledger holds nothing that postcard cannot write")
    }

    /// Reads what [`Ledger::to_bytes`] wrote, by this same version of Kyoten.
    pub fn from_bytes(bytes: &[u8]) -> Result<Ledger, String> {
        let wire: Wire = postcard::from_bytes(bytes).map_err(|e| format!("not a ledger: {e}"))?;
        Ok(Ledger {
            cells: wire.cells.into_capped(),
            coarse: wire.coarse.into_capped(),
            pairs: wire.pairs.into_capped(),
            rows: wire.rows.into_capped(),
            spilled_cells: wire.spilled_cells,
            spilled_pairs: wire.spilled_pairs,
            names: wire.names,
            accounts: wire.accounts,
            coverage: wire.coverage,
            witnesses: wire.witnesses,
        })
    }
}
