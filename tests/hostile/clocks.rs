//! Cases 66 to 76: times and addresses.

use super::making::{CSV, ZEEK, case_of, inert, malformed, read, receipt, zeek};
use kyoten::evidence::Clock;
use kyoten::flow::Basis;
use kyoten::formats::Setting;
use kyoten::reading::Order;

/// A FortiGate log with a record in each of these zones.
pub fn fortigate(zones: &[&str]) -> Vec<u8> {
    let rows = zones.iter().map(|zone| {
        format!(
            "date=2020-06-11 time=10:00:00 devname=\"FGT\" devid=\"FGT60D1\" logid=\"0000000013\" type=\"traffic\" subtype=\"forward\" \
             tz=\"{zone}\" srcip=10.2.0.1 srcport=50000 dstip=10.1.0.9 dstport=445 proto=6 action=\"close\" sentbyte=1 rcvdbyte=1\n"
        )
    });
    rows.collect::<String>().into_bytes()
}

fn aws(start: &str, end: &str) -> String {
    format!("2 123456789010 eni-1 10.2.0.1 10.1.0.9 50000 445 6 1 100 {start} {end} ACCEPT OK\n")
}

fn table(time: &str) -> String {
    format!("{CSV}{time},10.2.0.1,10.1.0.9,445,tcp,100,allow,u,fw\n")
}

#[test]
fn case_66_times_at_every_limit_end_in_a_figure() {
    let limits = [
        "0",
        "-1",
        "-11644473600",
        "253402300799",
        "253402300800",
        "9223372036854",
        "-9223372036854",
        "9223372036854775807",
        "-9223372036854775808",
        "99999999999999999999999",
        "1e18",
        "1591833600",
        "1591833600000",
        "1591833600000000",
        "1591833600000000000",
    ];
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    for (n, time) in limits.iter().enumerate() {
        let zeek = format!("{ZEEK}{time}\tCx\t10.2.0.1\t1\t10.1.0.9\t445\ttcp\t-\t{time}\t1\t1\tSF\n");
        files.push((format!("zeek{n}.log"), zeek.into_bytes()));
        files.push((format!("aws{n}.log"), (aws(time, "1591833600") + &aws("1591833600", time)).into_bytes()));
        files.push((format!("table{n}.csv"), table(time).into_bytes()));
        let duration =
            String::from_utf8(fortigate(&["+0900"])).unwrap().replace("sentbyte", &format!("duration={time} sentbyte"));
        files.push((format!("forti{n}.log"), duration.into_bytes()));
    }
    for (_, bytes) in &files {
        receipt(bytes);
    }
    let files: Vec<(&str, &[u8])> = files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    for file in &files {
        inert(&case_of(&[*file], 64));
    }
    let case = case_of(&files, 64);
    let (analysis, _) = inert(&case);
    assert!(analysis.survey.window.is_some());
    let words = kyoten::scene::words::Language::English.of_pictures();
    let cards = kyoten::scene::network::cards(&analysis.book, words);
    let (survey, findings) = (&analysis.survey, &analysis.findings.findings[..]);
    let material = kyoten::scene::network::Material { survey, cards: &cards, findings, actions: &[], order: &[] };
    let sums = kyoten::scene::timeline::Sums::of(survey);
    let sheet = kyoten::scene::timeline::timeline(&material, &sums, None, 800.0, 100.0, words);
    assert!(sheet.span.is_some());
}

#[test]
fn case_66_the_unit_of_an_epoch_is_told_by_its_size() {
    for time in ["1591833600", "1591833600000", "1591833600000000", "1591833600000000000"] {
        let receipt = receipt(table(time).as_bytes());
        assert_eq!(receipt.first.map(|at| at.0), Some(1_591_833_600_000_000), "{time}");
    }
}

#[test]
fn case_67_a_leap_second_is_read() {
    let receipt = receipt(table("2016-12-31T23:59:60Z").as_bytes());
    assert_eq!(receipt.first.map(|at| at.0), Some(1_483_228_800_000_000));
    assert_eq!(receipt_of_bad("2016-12-31T23:59:61Z"), 1);
    assert_eq!(receipt_of_bad("2019-02-29T00:00:00Z"), 1);
}

fn receipt_of_bad(time: &str) -> u64 {
    let log = table("2020-06-11T01:00:00Z") + &table(time)[CSV.len()..];
    receipt(log.as_bytes()).accounts.malformed.total().count
}

#[test]
fn case_68_and_70_a_time_without_a_zone_is_marked_and_asked_for() {
    // 02:30 occurs twice or never where clocks change; without a zone nobody can tell, and nothing is assumed.
    let log = table("2020-10-25 02:30:00");
    let unmarked = receipt(log.as_bytes());
    assert_eq!(unmarked.bases.keys().copied().collect::<Vec<_>>(), [Basis::Unknown]);
    let case = case_of(&[("a.csv", log.as_bytes())], 64);
    let (analysis, _) = inert(&case);
    assert!(analysis.notices.iter().any(|notice| notice.english().contains("zone of its times is not known")));
    let clock = Clock { chosen_offset: Some(32_400), ..Clock::default() };
    let order = Order { setting: Setting { clock, mapping: None }, ..Order::default() };
    let (chosen, _) = super::making::read_with(order, log.as_bytes(), 7);
    assert_eq!(chosen.bases.keys().copied().collect::<Vec<_>>(), [Basis::Chosen]);
    assert_eq!(unmarked.first.unwrap().0 - chosen.first.unwrap().0, 32_400_000_000);
}

#[test]
fn case_69_zones_of_whole_half_and_quarter_hours() {
    for (zone, seconds) in [("+09:00", 32_400), ("+05:30", 19_800), ("+05:45", 20_700), ("-03:30", -12_600), ("Z", 0)] {
        let receipt = receipt(table(&format!("2020-06-11T10:00:00{zone}")).as_bytes());
        assert_eq!(receipt.first.map(|at| at.0), Some((1_591_869_600 - seconds) * 1_000_000), "{zone}");
        assert_eq!(receipt.bases.keys().copied().collect::<Vec<_>>(), [Basis::Explicit]);
    }
    assert_eq!(malformed(&receipt(&fortigate(&["+0900", "+25", "nowhere"])))[0].1, 2);
}

#[test]
fn case_71_a_log_without_years_turns_the_year_and_knows_leap_days() {
    let line = |at: &str, n: u32| {
        format!(
            "{at} gate kernel: [1.0] DROP IN=eth0 OUT= MAC=02:00 SRC=10.2.0.{n} DST=10.1.0.9 LEN=40 TTL=243 ID=1 PROTO=TCP \
             SPT=47091 DPT=445 WINDOW=1024 SYN\n"
        )
    };
    let log = line("Dec 31 23:59:59", 1) + &line("Jan  1 00:00:01", 2) + &line("Feb 29 12:00:00", 3);
    let unmarked = receipt(log.as_bytes());
    assert_eq!(
        (unmarked.accounts.flows, unmarked.first),
        (3, None),
        "a year is asked for, never assumed: {unmarked:?}"
    );
    let clock = Clock { chosen_year: Some(2019), chosen_offset: Some(0), ..Clock::default() };
    let order = Order { setting: Setting { clock, mapping: None }, ..Order::default() };
    let (chosen, _) = super::making::read_with(order, log.as_bytes(), 7);
    assert_eq!(chosen.first.map(|at| at.0), Some(1_577_836_799_000_000), "2019-12-31T23:59:59Z");
    assert_eq!(chosen.last.map(|at| at.0), Some(1_582_977_600_000_000), "2020-02-29T12:00:00Z");
}

#[test]
fn case_72_which_is_the_day_is_told_or_asked() {
    let unsettled = receipt(table("03/04/2025 10:00:00").as_bytes());
    assert_eq!(malformed(&unsettled)[0].0, "nothing in the file says which number of a date is the day");
    let settled = table("03/04/2025 10:00:00") + &table("25/04/2025 10:00:00")[CSV.len()..];
    assert_eq!(receipt(settled.as_bytes()).accounts.parsed.count, 2);
    let american = table("03/04/2025 10:00:00") + &table("04/25/2025 10:00:00")[CSV.len()..];
    let (day, month) = (receipt(settled.as_bytes()).first, receipt(american.as_bytes()).first);
    assert_ne!(day, month);
}

#[test]
fn case_73_sources_out_of_order_give_the_same_totals() {
    let log = String::from_utf8(zeek(300)).unwrap();
    let (header, rows) = log.split_at(ZEEK.len());
    let mut rows: Vec<&str> = rows.split_inclusive('\n').collect();
    rows.reverse();
    let reversed = header.to_owned() + &rows.concat();
    let (a, b) = (read(log.as_bytes(), 64).0, read(reversed.as_bytes(), 64).0);
    assert_eq!((a.first, a.last, a.accounts.parsed), (b.first, b.last, b.accounts.parsed));
    let totals = |log: &str| {
        let survey = case_of(&[("a.log", log.as_bytes())], 64).analyse().survey;
        survey.links.values().map(|link| link.totals.clone()).collect::<Vec<_>>()
    };
    assert_eq!(totals(&log), totals(&reversed));
}

#[test]
fn case_74_nothing_depends_on_the_locale_or_zone_of_the_machine() {
    // The engine has no clock and no locale: the same bytes from every child process, whatever it is told.
    let run = |variables: &[(&str, &str)]| {
        let folder = std::env::temp_dir().join(format!("kyoten-hostile-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let log = folder.join("a.log");
        std::fs::write(&log, zeek(50)).unwrap();
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_kyoten"));
        command.arg("analyze").arg(&log).envs(variables.iter().copied());
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    };
    let plain = run(&[]);
    for (locale, zone) in
        [("tr_TR.UTF-8", "Asia/Tokyo"), ("ar_EG.UTF-8", "Asia/Kathmandu"), ("th_TH.UTF-8", "America/St_Johns")]
    {
        assert_eq!(run(&[("LC_ALL", locale), ("LANG", locale), ("TZ", zone)]), plain);
    }
}

#[test]
fn case_75_ipv4_inside_ipv6_is_that_host() {
    let row = |source: &str| format!("1591833600\tCx\t{source}\t1\t10.1.0.9\t445\ttcp\t-\t-\t1\t1\tSF\n");
    let log = format!("{ZEEK}{}{}", row("10.2.0.1"), row("::ffff:10.2.0.1"));
    let (analysis, document) = inert(&case_of(&[("a.log", log.as_bytes())], 64));
    assert_eq!(document["links"][0]["services"][0]["hosts_from"], 1);
    assert_eq!(analysis.survey.links.len(), 1);
}

#[test]
fn case_76_addresses_that_mean_two_hosts_are_none() {
    let row = |source: &str| format!("1591833600\tCx\t{source}\t1\t10.1.0.9\t445\ttcp\t-\t-\t1\t1\tSF\n");
    for source in ["010.0.0.1", "0x7f.1", "1.2.3", "1.2.3.256", "1.2.3.4.5", "", "1.2.3.4%eth0", "[::1", "::1::"] {
        let receipt = receipt(format!("{ZEEK}{}{}", row("10.2.0.1"), row(source)).as_bytes());
        assert_eq!((receipt.accounts.parsed.count, receipt.accounts.malformed.total().count), (1, 1), "{source}");
    }
    let zoned = receipt(format!("{ZEEK}{}", row("fe80::1%eth0")).as_bytes());
    assert_eq!(zoned.accounts.filtered.0.keys().next().map(String::as_str), Some("link-local address"));
    for (source, address) in [("1.2.3.4:99", "1.2.3.4"), ("[2001:db8::1]:443", "2001:db8::1")] {
        let log = table("2020-06-11T01:00:00Z").replace("10.2.0.1", source);
        let case = case_of(&[("a.csv", log.as_bytes())], 64);
        let survey = case.analyse().survey;
        let pairs = &survey.links.values().next().unwrap().services.values().next().unwrap().pairs;
        assert_eq!(survey.host(pairs[0].0.initiator), address);
    }
}

#[test]
fn case_71_years_that_a_log_leaves_out_turn_with_its_months_and_know_leap_days() {
    let line = |date: &str| {
        format!(
            "<134>{date} 23:59:59 fw kernel: [UFW BLOCK] IN=eth0 OUT= SRC=10.2.0.1 DST=10.1.0.9 LEN=60 PROTO=TCP SPT=50000 DPT=445\n"
        )
    };
    let read_by = |year: Option<i32>, dates: &[&str]| {
        let clock = Clock { chosen_year: year, ..Clock::default() };
        let order = Order { setting: Setting { clock, mapping: None }, ..Order::default() };
        let log: String = dates.iter().map(|date| line(date)).collect();
        super::making::read_with(order, log.as_bytes(), 11).0
    };
    let without = read_by(None, &["Dec 31", "Jan  1"]);
    assert_eq!((without.undated, without.first), (2, None));
    let turned = read_by(Some(2019), &["Dec 31", "Jan  1", "Feb 29"]);
    // 2019-12-31 and 2020-02-29, both a second before midnight.
    assert_eq!(
        (turned.undated, turned.first.unwrap().0, turned.last.unwrap().0),
        (0, 1_577_836_799_000_000, 1_583_020_799_000_000)
    );
    assert_eq!(read_by(Some(2020), &["Dec 31", "Feb 29"]).undated, 1, "2021 has no such day");
}

#[test]
fn case_73_a_clock_that_ran_ahead_is_told_and_set_right_without_touching_the_file() {
    let shifted = |ahead: f64| {
        let log = String::from_utf8(zeek(150)).unwrap();
        let (header, rows) = log.split_at(ZEEK.len());
        let row = |row: &str| {
            let (ts, rest) = row.split_once('\t').unwrap();
            format!("{:.6}\t{rest}", ts.parse::<f64>().unwrap() + ahead)
        };
        header.to_owned() + &rows.split_inclusive('\n').map(row).collect::<String>()
    };
    let (right, fast) = (shifted(0.0), shifted(37.25));
    let mut case = case_of(&[("right.log", right.as_bytes()), ("fast.log", fast.as_bytes())], 64);
    let [(beside, skew)] = case.skews(0)[..] else { panic!("{:?}", case.skews(0)) };
    assert_eq!(
        (case.files()[0].receipt.name.as_str(), beside, skew.ahead, skew.matched),
        ("fast.log", 1, 37_250_000, 150)
    );
    let before = case.files()[0].receipt.clone();

    case.orders.entry("fast.log".to_owned()).or_default().setting.clock.chosen_ahead = Some(skew.ahead);
    assert_eq!(case.must_read_again(), ["fast.log"]);
    super::making::add(&mut case, "fast.log", fast.as_bytes().chunks(64));
    let after = &case.files()[0].receipt;
    assert_eq!((after.first, after.dated[0].1), (case.files()[1].receipt.first, after.first.unwrap()));
    assert_eq!((&after.sha256, &after.accounts), (&before.sha256, &before.accounts));
    assert_eq!(case.skews(0)[0].1.ahead, 0);
    let (_, json) = inert(&case);
    assert_eq!(json["evidence"][0]["clock"]["assumed_ahead_seconds"], 37.25);
    assert!(json["log"].as_array().unwrap().iter().any(|entry| entry["act"] == "skew"));
}
