//! The report in Japanese. A finding of an older case file, which has its sentence in English alone, is told in brief beside it.

use super::{Language, Words};
use crate::case::acts::{ActionKind, Verdict};
use crate::case::document::Finding;
use crate::phrase::japanese_time;
use crate::report::html::{Told, minute};

pub const WORDS: Words = Words {
    language: Language::Japanese,
    code: "ja",
    between: "、",
    title: "拠点間通信 調査報告書",
    question: "本来あるはずのない拠点間の接続はどれか。",
    synthetic: "SYNTHETIC：この事案のログは架空のものです。",
    partial: "PARTIAL：最後まで読み取れなかった証拠があります。",
    case: "事案",
    tool: "作成",
    window: "証拠の期間",
    baseline: "平常と定めた期間",
    none: "なし",
    unknown: "不明",
    time: japanese_time,
    summary: "概要",
    found: |findings, links| format!("{links}本の経路で{findings}件の検知。"),
    nothing_found: "検知はありません。ただし、何も起きなかったことの証明ではありません。監視範囲と判定できなかった項目を参照してください。",
    first_is: "最上位の検知：",
    decided: |confirmed, benign, open| format!("判定：確定 {confirmed}件、問題なし {benign}件、未決 {open}件。"),
    rests_on: |files, records, flows, malformed| {
        format!("証拠は{files}ファイル、{records}レコード、接続{flows}件。{malformed}レコードは読み取れませんでした。")
    },
    unusual: "「通常と異なる」ことは「悪意がある」ことを意味しません。検知は、ログが示す事実と、規則がそれに着目した理由だけを述べます。",
    notices: "はじめに知っておくべきこと",
    chronology: "時系列",
    when: "日時",
    what: "内容",
    source: "根拠",
    begins: |f| format!("最初の接続：{} → {}{}（検知{}）", f.from, f.to, over(f), f.rank),
    ends: |f| format!("最後の接続：{} → {}{}（検知{}）", f.from, f.to, over(f), f.rank),
    decision: |verdict| match verdict {
        Verdict::Open => "未決",
        Verdict::Benign => "問題なし",
        Verdict::Confirmed => "確定",
    },
    action: |kind| match kind {
        ActionKind::Cut => "遮断",
        ActionKind::Restrict => "制限",
        ActionKind::Restore => "復旧",
    },
    more_events: |more| format!("ほか{more}件は事案ファイルにあります。"),
    figure: "図",
    findings: "検知",
    weak: |count| format!("弱い兆候・検知に数えない（{count}件）"),
    weak_lead: "q値が0.10を超えるものです。これだけの数を調べれば、偶然このように見えるものもあります。",
    lane: |lane| match lane {
        "policy" => "ポリシー違反",
        "novelty" => "初出",
        "behaviour" => "既知だが異常",
        "campaign" => "関連する複数の経路",
        _ => "別の版の分類",
    },
    claim: |f| {
        if let Some(because) = f.because(Language::Japanese) {
            return because.to_owned();
        }
        let when = match (f.first, f.last) {
            (Some(first), Some(last)) => {
                format!("{}から{}まで、", japanese_time(&minute(first)), japanese_time(&minute(last)))
            }
            _ => String::new(),
        };
        let kind = match f.lane.as_str() {
            "policy" => "ポリシーで禁じられた接続がありました",
            "novelty" => "それまで見られなかった接続がありました",
            "campaign" => "互いに関連するとみられる接続がありました",
            _ => "通常と異なる接続がありました",
        };
        format!(
            "{when}{}から{}へ{}{kind}。",
            f.from,
            f.to,
            f.service.as_ref().map(|s| format!("{s}で")).unwrap_or_default()
        )
    },
    original: "規則の文（原文）",
    finding_id: "識別子",
    rule: "規則",
    also: "ほかの経路",
    service: "サービス",
    hosts: "ホスト",
    accounts: "アカウント",
    chance: "規則による確率",
    normal: "ここでの平常",
    innocent: "問題のない原因として考えられるもの",
    attack: "MITRE ATT&CK",
    decided_as: "判定",
    rows: "該当行",
    file: "ファイル",
    line: "行",
    offset: "バイト位置",
    links: "経路",
    links_lead: "異なる拠点間のすべての接続（サービス別）。二つのセンサーが記録した接続は、それぞれで数えます。",
    from: "接続元",
    to: "接続先",
    flows: "接続",
    established: "成立",
    denied: "拒否",
    failed: "不成立",
    bytes_out: "送信バイト",
    bytes_in: "受信バイト",
    first: "最初",
    last: "最後",
    more_links: |more| format!("ほか{more}件は事案ファイルにあります。"),
    actions: "対処とその後",
    actions_lead: "経路に対して行われたこと（分析者の申告）と、その後のログが示すこと。対処の時刻を含む一時間は別に数えます。",
    who: "担当",
    why: "理由",
    alive: "その後も生きていた接続",
    alive_none: "証拠の範囲では、その後に成立した接続はありません。",
    returned: "その後に戻った接続",
    alive_row: |link, ran, apart, stopped| {
        format!("{link}：成立 {ran}件、阻止 {stopped}件。対処の時刻を含む一時間に {apart}件")
    },
    statement: |t: &Told| {
        let (since, until) = (japanese_time(&t.since), japanese_time(&t.until));
        let claim = match t.ran {
            0 => format!("{since}から{until}までの証拠に、{}から{}への接続は認められません", t.from, t.to),
            ran => format!("{since}から{until}までに、{}から{}への接続が{ran}件成立しました", t.from, t.to),
        };
        let gaps = if t.gaps == 0 {
            "欠落はありません".to_owned()
        } else {
            format!("欠落は{}か所、計{}時間です", t.gaps, t.gap_hours)
        };
        format!(
            "{claim}（阻止された試み {}件）。この{}時間のうち{:.1}％で、すべてのセンサーに記録があります。{gaps}。",
            t.stopped, t.hours, t.percent
        )
    },
    sweeps: "ほかの拠点での痕跡",
    sweeps_lead: "ほかのすべての拠点で、同じサーバー・サービス・アカウント・時間帯・データ量の通信を探しました。「認められず」はこのログの範囲での意味です。「ログなし」は何も言えないことを意味します。",
    sweep_of: |own| {
        let accounts = own.accounts.join("、");
        format!(
            "{}から{}への{}（{}から{}まで）を基点とする。サーバー：{}{}",
            own.from,
            own.to,
            own.sought,
            japanese_time(&minute(own.first)),
            japanese_time(&minute(own.last)),
            own.servers.join("、"),
            if accounts.is_empty() { String::new() } else { format!("。アカウント：{accounts}") }
        )
    },
    outcome: |outcome| match outcome {
        "confirmed" => "● 確認",
        "suspected" => "? 疑い",
        "not seen" => "– 認められず",
        _ => "▨ ログなし",
    },
    marks: "一致した点",
    days_with_logs: "ログのある日数",
    relays: "取得し、数時間内に外へ送ったもの",
    relay: |own| {
        format!(
            "{}：{}が{}バイトを取得し、その{}％に当たる{}バイトを{}（{}）へ{}で送信",
            own.day, own.host, own.fetched, own.percent, own.sent, own.to_host, own.to, own.service
        )
    },
    statements: "不存在の言明",
    statements_lead: "何を問い、何が見つかり、ログがどこまで及ぶか。言明の確かさは監視範囲の確かさです。",
    negative: |own| {
        let what = format!(
            "{}から{}まで、{}から{}への{}の通信",
            japanese_time(&minute(own.since)),
            japanese_time(&minute(own.last)),
            own.from,
            own.to,
            own.service
        );
        let found = match own.ran {
            0 => format!("{what}は認められません"),
            ran => format!("{what}が{ran}件成立しました"),
        };
        let gap_hours: i64 = own.gaps.iter().map(|(_, _, hours)| i64::from(*hours)).sum();
        let gaps = match gap_hours {
            0 => "センサーの欠落はありません".to_owned(),
            hours => format!("欠落は{}か所、計{hours}時間です", own.gaps.len()),
        };
        let silent: i64 = own.silent.iter().map(|(_, hours)| hours).sum();
        let silent = match silent {
            0 => String::new(),
            hours => format!("このほか記録のない時間が{hours}時間ありますが、そのセンサーでは珍しくない時間帯です。"),
        };
        let rough = if own.rough {
            "時間は集約して保持されるため、期間のすぐ外のものを含むことがあります。"
        } else {
            ""
        };
        format!(
            "{found}（阻止された試み {}件）。ログ{}件、{}日のうち{}日にログがあり、{}時間の{}％を全センサーが監視していました。{gaps}。{silent}{rough}",
            own.refused,
            own.files,
            own.days,
            own.days_with_logs,
            own.hours,
            own.percent()
        )
    },
    coverage: "監視範囲と欠落",
    coverage_lead: "「通信がない」と「ログがない」は別の主張です。欠落とは、センサーが何も記録していない時間帯です。",
    sensor: "センサー",
    hours: "記録のある時間",
    gaps: "欠落",
    gap: |start, hours| format!("{start}から{hours}時間"),
    more_gaps: |more| format!("ほか{more}件"),
    no_gap: "なし",
    negatives: "判定できなかった項目",
    negatives_lead: "規則が判定するだけの証拠がなかったもの。「検知なし」とは異なります。",
    because: "理由",
    link: "経路",
    evidence: "証拠",
    evidence_lead: "読み取ったファイル。ハッシュ値は、圧縮されたままのファイル全体のものです。",
    size: "バイト",
    format: "形式",
    sha256: "SHA-256",
    not_whole: "最後まで読み取られていません",
    receipts: "読み取りの内訳",
    receipts_lead: "すべてのレコードは、次のいずれか一つに数えられています。",
    records: "レコード",
    parsed: "解釈",
    skipped: "対象外",
    malformed: "不正",
    unprocessed: "未処理",
    filtered: "ホスト間でない",
    without_endpoint: "端点なし",
    reason: "理由（原文）",
    count: "件数",
    example: "最初の例",
    clocks: "時計",
    clocks_lead: "各ファイルの時刻をUTCとした根拠。この報告書の時刻はすべてUTCです。",
    basis: |basis| match basis {
        "explicit" => "レコードが時間帯を示す",
        "file" => "ファイルが一度だけ示す",
        "chosen" => "分析者が選んだ",
        "unknown" => "不明（UTCとみなして表示）",
        "mixed" => "混在",
        _ => "時刻なし",
    },
    assumed: "選ばれた時間帯",
    undated: "時刻のない接続",
    method: "方法と、知られている誤り",
    method_says: &[
        "各レコードは形式だけに従って読み取られ、一つの接続になります。両端は拠点台帳の最長一致の範囲で拠点に割り当てます。接続は経路・サービス・時間・ホストの組ごとに数えられ、該当行はファイルから改めて探し出します。",
        "検知は、前提条件を明示した規則によります。前提が満たされない規則は、黙らずにその旨を述べます。規則が確率pを計算する場合、qは区分ごとのBenjamini–Hochberg法による値です。モデルが正しければ、あるq以下の検知のうち、およそその割合が誤りと見込まれます。",
        "知られている誤り：ポリシー違反の検知の正しさは、ポリシーと拠点台帳の正しさを超えません。新しい接続には問題のない理由もありえます。証拠の期間より前から続くものは「新しい」とは判定できません。既知の経路・サービスを通常の量で使うゆっくりとした侵入は、これらの規則では見つかりません。",
        "実際の事案での誤り率は知られていません。測定は合成データによるもので、Kyotenのソースに添えられています。拒否されたものは、接続ではなく試みとして数えます。",
        "二つのセンサーが記録した接続は、それぞれで数えます。センサー間の時計は照合していません。アドレス変換の先は、センサーが見たアドレスとして数えます。",
    ],
    rules_used: "この事案の規則",
    appendix: "付録",
    sites: "拠点",
    guessed: "推定",
    site: "拠点",
    country: "国",
    role: "役割",
    ranges: "範囲",
    contact: "連絡先",
    policy: "ポリシー",
    verdict: "可否",
    until: "期限",
    approver: "承認者",
    log: "分析者の記録",
    log_whole: "記録の連鎖は保たれています。",
    log_broken: "記録の連鎖が壊れています：項目が変更・削除・挿入されています。",
    act: "行為",
    of: "対象",
    with: "内容",
    hash: "ハッシュ",
};

fn over(finding: &Finding) -> String {
    finding.service.as_ref().map(|service| format!("、{service}")).unwrap_or_default()
}
