//! What the house's sensors leave of what happened: each site's own firewall or router, which tells sessions, one way of them, or refusals
//! only; the directory's logons and the gateway's VPN sessions, where they were handed over.

use super::super::chance::Chance;
use super::super::stream::Told;
use super::super::world::Event;
use super::House;
use kyoten::flow::{Kind, Outcome};

/// A site's sensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sensor {
    Tells(Told),
    /// It writes down what it refuses, and nothing else.
    Refusals,
}

/// The events as they were written, in order of time; the sensors' names, and how much each tells.
pub fn observed(house: &House, events: Vec<Event>, chance: &mut Chance) -> (Vec<Event>, Vec<String>, Vec<Told>) {
    let at_sites: Vec<Sensor> = (0..house.sites.len())
        .map(|site| match chance.unit() {
            few if few < 0.12 && site > 0 => Sensor::Refusals,
            one_way if one_way < 0.3 => Sensor::Tells(Told::OneWay),
            half if half < 0.42 => Sensor::Tells(Told::NoBytesBack),
            _ => Sensor::Tells(Told::All),
        })
        .collect();
    let (directory, gateway) = (house.sites.len(), house.sites.len() + 1);
    let (logons, sessions) = (chance.happens(0.7), chance.happens(0.8));
    let silent: Vec<Option<(f64, f64)>> = (0..gateway + 1)
        .map(|_| {
            let from = chance.real(house.begin, house.end);
            chance.happens(house.days as f64 / 200.0).then(|| (from, from + chance.size(14.0, 0.8) * 3600.0))
        })
        .collect();
    let writes = |site: usize, event: &Event| match at_sites[site] {
        Sensor::Tells(_) => true,
        Sensor::Refusals => event.outcome == Outcome::Denied,
    };
    let mut seen = Vec::new();
    for mut event in events.into_iter().filter(|event| (house.begin..house.end).contains(&event.at)) {
        let ends = [house.site_of(event.from), house.site_of(event.to)];
        event.sensor = match event.kind {
            Kind::Logon if logons => directory,
            Kind::Session if sessions => gateway,
            Kind::Logon | Kind::Session => continue,
            _ if ends[0] == ends[1] => continue,
            // Where the caller's own sensor does not write it down, the other end's may.
            _ => match ends.into_iter().flatten().find(|site| writes(*site, &event)) {
                Some(site) => site,
                None => continue,
            },
        };
        if !silent[event.sensor].is_some_and(|(from, to)| (from..to).contains(&event.at)) {
            seen.push(event);
        }
    }
    seen.sort_by(|a, b| {
        a.at.total_cmp(&b.at).then((a.from, a.to, a.port, a.user).cmp(&(b.from, b.to, b.port, b.user)))
    });
    let names = house.sites.iter().map(|site| format!("{}.log", site.name));
    let names = names.chain(["directory.log".to_owned(), "gateway.log".to_owned()]).collect();
    let tells = at_sites.iter().map(|sensor| match sensor {
        Sensor::Tells(told) => *told,
        Sensor::Refusals => Told::All,
    });
    (seen, names, tells.chain([Told::All, Told::All]).collect())
}
