//! The words of the pictures in Japanese. What a rule said in an older case file, which has it in English alone, is told by its kind.

use super::{Cell, Language, Noun, Words, count};
use crate::case::acts::ActionKind;
use crate::finding::{Finding, Lane};
use crate::scene::figure::Basis;
use crate::scene::network::State;

pub const WORDS: Words = Words {
    language: Language::Japanese,
    code: "ja",
    external: "外部",
    external_in: |code| format!("外部（{code}）"),
    unassigned: "未割り当て",
    tray: "地図上の位置なし",
    no_site: "どの拠点にも属さない",
    outside: "組織外",
    country,
    guessed: "推定",
    within: "拠点内",
    state: |state| match state {
        State::Violation => "ポリシー違反",
        State::Anomalous => "異常",
        State::Suspected => "疑い",
        State::Expected => "検知なし",
        State::NoLog => "ログなし",
        State::Cut => "遮断",
    },
    weak: "・弱い",
    basis: |basis| match basis {
        Basis::Observed => "観測",
        Basis::Inferred => "推論",
        Basis::Asserted => "分析者の判断",
    },
    action,
    many,
    and_more: |more| format!("ほか{}件", count(more)),
    each_way: |out, back| format!("送信 {out}、受信 {back}"),
    outcomes: |allowed, denied, failed| {
        let mut text = format!("成立 {}", count(allowed));
        for (number, word) in [(denied, "拒否"), (failed, "不成立")] {
            if number > 0 {
                text += &format!("、{word} {}", count(number));
            }
        }
        text
    },
    day: |year, month, day, with_year| {
        if with_year { format!("{year}年{month}月{day}日") } else { format!("{month}月{day}日") }
    },
    undated: "日時不明",
    usual: "通常",
    here: "今回",
    log_scale: "対数目盛",
    local_time: "現地時刻",
    on_rest: "現地時刻・休日",
    hours_by_day: "日ごとの00～24時",
    no_log: "ログなし",
    flows_a_bar: |hours| match hours {
        24 => "／日".to_owned(),
        hours if hours % 24 == 0 => format!("／{}日", hours / 24),
        hours => format!("／{hours}時間"),
    },
    flows: "通信数",
    timeline_axis: "高さ：√通信数 · UTC",
    no_times: "時刻のある通信がありません。",
    actions: "対処",
    synthetic: "SYNTHETIC 架空の事案",
    no_steps: "表示中の経路に検知はありません。ログに見えないことは、何もなかったことを意味しません。",
    no_coverage: "監視していた時間を示すログがありません",
    all_services: "全サービス",
    legend_head: "凡例",
    legend: |state| match state {
        State::Violation => "ポリシー違反：ポリシーが禁じている",
        State::Anomalous => "異常：規則の尺度でまれ",
        State::Suspected => "疑い：確認を要する",
        State::Expected => "検知なし（両方向を一本で表示）",
        State::NoLog => "ログがない",
        State::Cut => "判断により遮断",
    },
    cut_overlay: "二重線：判断により遮断",
    scale: "両方向のバイト数",
    reading: "図の読み方",
    bases: "「観測」はログにある事実、「推論」は規則がそこから導いた結論、「分析者の判断」はそのいずれでもありません。「弱い」はq値が0.10を超えるものです。\
            通常と異なることは、悪意を意味しません。",
    figure_number: |number| format!("図{number}"),
    continued: "続き",
    window: |first, last| format!("{first} から {last} UTC+00:00"),
    coverage: |sensors, watched, silent, longest| {
        let sensors = many(sensors as u64, Noun::Sensor);
        let watched = count(watched.unsigned_abs());
        let Some((hours, sensor, from)) = longest else {
            return format!("{sensors}、延べ{watched}時間のすべてに記録あり");
        };
        let silent = count(silent.unsigned_abs());
        format!(
            "{sensors}、延べ{watched}時間のうち{silent}時間は記録なし。最長は{sensor}の{hours}時間（{from} UTCから）"
        )
    },
    time_unknown: "日時不明",
    no_account: "アカウントの記録なし",
    accounts: |names| format!("アカウント {names}"),
    to_hosts: |from, to| format!("ホスト {} → {}", count(from), count(to)),
    from_to: |first, last| match last {
        Some(last) => format!("{first}、最後 {last}"),
        None => first.to_owned(),
    },
    also: |more| format!("ほかに {more}。"),
    acted: |kind, at, ran| match ran {
        0 => format!("{at} UTCに{}。その後に成立した通信なし。", action(kind)),
        ran => format!("{at} UTCに{}。その後も{}が成立。", action(kind), many(ran, Noun::Session)),
    },
    evidence: |basis, place, more| match more {
        0 => format!("{basis}：{place}"),
        more => format!("{basis}：{place} ほか{}", many(more, Noun::Row)),
    },
    analyst_says: "分析者の判断",
    left_out: |steps, findings| {
        let steps = (steps > 0).then(|| format!("番号のある経路{steps}本"));
        let findings = (findings > 0).then(|| format!("番号のない経路の検知{findings}件"));
        let parts: Vec<String> = steps.into_iter().chain(findings).collect();
        if parts.is_empty() {
            String::new()
        } else {
            format!("このほか{}。事案の一覧を参照。", parts.join("、"))
        }
    },
    marks: |external, unassigned, guessed, ringed| {
        let mut out = "矢印は接続元から接続先へ。斜線：ログなし。● 拠点".to_owned();
        for (is, word) in [
            (external, "、■ 外部"),
            (unassigned, "、破線：未割り当て"),
            (guessed, "、白抜き：推定"),
            (ringed, "、輪：拠点内に検知あり"),
        ] {
            if is {
                out.push_str(word);
            }
        }
        out + "。"
    },
    evidence_head: |files| format!("証拠：{}、SHA-256（先頭）", many(files as u64, Noun::File)),
    more_files: |files| format!("ほか{}。全桁は事案ファイルに", many(files as u64, Noun::File)),
    withheld_files: |files| format!("{}。名前とハッシュ値は伏せています", many(files as u64, Noun::File)),
    made: |tool, case| format!("{tool} · 事案 {case}"),
    shown: |shown, of, filters| {
        let links = format!("経路{}本のうち{shown}本を表示", count(of));
        if filters.is_empty() {
            format!("{links}。絞り込みなし。")
        } else {
            format!("{links}。絞り込み：{}。", filters.join("、"))
        }
    },
    unnamed: |sites| format!("名前を書く余地のない拠点：{sites}。"),
    unknown: |text| format!("不明な点：{}。", text.trim_end_matches(['.', '。'])),
    more_unknowns: |number| format!("ほかの不明な点{number}件は事案ファイルに。"),
    overview: |sites, links| {
        format!("図には{}と{}があります。", many(sites as u64, Noun::Place), many(links as u64, Noun::Link))
    },
    only_window: |from, to| format!("{from} UTCから{to} UTCまでの通信のみ"),
    only_near: |name, hops| format!("{name}と、そこから{hops}経路以内のみ"),
    pseudonyms: "名前とアドレスは仮名。対応表は事案ファイルにのみ存在",
    malformed: |records| format!("{}レコードは読み取れず（内訳は事案ファイルに）", count(records)),
    counted_twice: "二つのセンサーが記録した通信は、それぞれで数えている",
    sites_guessed: "拠点は名付けられておらず、プライベートアドレスの範囲から推定",
    claim: |finding, from, to, service| {
        let over = if service.is_empty() { String::new() } else { format!("に{service}で") };
        match finding.lane {
            Lane::Policy => format!("{from}が{to}{over}接続（ポリシーに違反）"),
            Lane::Novelty => format!("{from}が{to}{over}初めて接続"),
            Lane::Behaviour | Lane::Campaign => format!("{from}から{to}への{service}通信が通常と異なる"),
        }
    },
    no_finding: |links| format!("拠点間の{}に検知なし", many(links as u64, Noun::Link)),
    claim_when: |on, more| {
        let on = on.map(|on| format!("最初は{on}"));
        let more = (more > 0).then(|| format!("ほか{more}経路に検知あり"));
        on.into_iter().chain(more).collect::<Vec<_>>().join("。")
    },
    gist: |finding| match finding.gist.is_in(Language::Japanese) {
        true => finding.gist.of(Language::Japanese).to_owned(),
        false => kind(finding).to_owned(),
    },
    kind,
    matrix_corner: ("接続元 ↓", "接続先 →"),
    new: "初出",
    matrix_key: |cell| match cell {
        Cell::Expected => "検知なし",
        Cell::Rare => "まれ：3日以下",
        Cell::Nothing => "監視下で通信なし",
    },
    hosts_more: |more| format!("ほか{}組は表示していません", count(more as u64)),
    initiators: "接続元",
    responders: "接続先",
};

fn kind(finding: &Finding) -> &'static str {
    let rule = finding.rule.split_whitespace().next().unwrap_or_default();
    match rule {
        "D1" => "ポリシーが禁じる接続。",
        "D2" => "それまで一度もなかった拠点間の接続。",
        "D3" => "既知の経路で、それまでなかったサービス。",
        "D5" => "拠点の業務時間外の通信。",
        "D6" => "通常と桁の異なる通信量。",
        "D7" => "送信と受信の比が逆転。",
        "D8" => "時計のように規則的な通信。",
        "D9" => "異例に長いセッション。",
        "D10" => "多数の相手への接続の試み（探索）。",
        "D11" => "拒否が続いた後に許可された接続。",
        "D12" => "長い沈黙の後に再開した通信。",
        "D13" => "複数の拠点が同じ目標へ順に異常。",
        "D14" => "拠点内で取得した量と同程度を外部へ送信（中継の疑い）。",
        "D15" => "その経路では異例のホストの組。",
        "D16" => "拠点間の遠隔操作。",
        "D17" => "遠隔操作されたホストから他に例のない接続先への通信。",
        "D18" => "ほかに例のない接続先への連日の通信。",
        "D19" => "本来の拠点以外で使われた、またはそれまでなかったアカウント。",
        "D20" => "一台のホストから複数拠点への初めての接続。",
        _ => match finding.lane {
            Lane::Policy => "ポリシーで禁じられた通信。",
            Lane::Novelty => "それまで見られなかった通信。",
            Lane::Behaviour => "通常と異なる通信。",
            Lane::Campaign => "互いに関連するとみられる通信。",
        },
    }
}

fn action(kind: ActionKind) -> &'static str {
    match kind {
        ActionKind::Cut => "遮断",
        ActionKind::Restrict => "制限",
        ActionKind::Restore => "復旧",
    }
}

fn many(number: u64, noun: Noun) -> String {
    let number = count(number);
    match noun {
        Noun::Session => format!("セッション{number}件"),
        Noun::Flow => format!("通信{number}件"),
        Noun::Host => format!("ホスト{number}台"),
        Noun::Link => format!("経路{number}本"),
        Noun::Finding => format!("検知{number}件"),
        Noun::Row => format!("{number}行"),
        Noun::File => format!("{number}ファイル"),
        Noun::Sensor => format!("センサー{number}台"),
        Noun::Site => format!("{number}拠点"),
        Noun::Place => format!("{number}か所"),
    }
}

fn country(code: &str) -> Option<&'static str> {
    Some(match code.to_ascii_uppercase().as_str() {
        "AE" => "アラブ首長国連邦",
        "AR" => "アルゼンチン",
        "AT" => "オーストリア",
        "AU" => "オーストラリア",
        "BE" => "ベルギー",
        "BR" => "ブラジル",
        "CA" => "カナダ",
        "CH" => "スイス",
        "CL" => "チリ",
        "CN" => "中国",
        "CZ" => "チェコ",
        "DE" => "ドイツ",
        "DK" => "デンマーク",
        "EG" => "エジプト",
        "ES" => "スペイン",
        "FI" => "フィンランド",
        "FR" => "フランス",
        "GB" => "英国",
        "HK" => "香港",
        "HU" => "ハンガリー",
        "ID" => "インドネシア",
        "IE" => "アイルランド",
        "IL" => "イスラエル",
        "IN" => "インド",
        "IT" => "イタリア",
        "JP" => "日本",
        "KR" => "韓国",
        "MX" => "メキシコ",
        "MY" => "マレーシア",
        "NL" => "オランダ",
        "NO" => "ノルウェー",
        "NZ" => "ニュージーランド",
        "PH" => "フィリピン",
        "PL" => "ポーランド",
        "PT" => "ポルトガル",
        "RO" => "ルーマニア",
        "SA" => "サウジアラビア",
        "SE" => "スウェーデン",
        "SG" => "シンガポール",
        "TH" => "タイ",
        "TR" => "トルコ",
        "TW" => "台湾",
        "UA" => "ウクライナ",
        "US" => "米国",
        "VN" => "ベトナム",
        "ZA" => "南アフリカ",
        _ => return None,
    })
}
