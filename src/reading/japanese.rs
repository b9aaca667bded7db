//! What a receipt says of a file, in Japanese: reasons and advice. English is what machines read and what stands in the case file;
//! who shows it asks here. `{}` stands for a name out of the file, or for something that is in the table itself.
//!
//! A test holds the reasons of the fixtures and of the sources against this table: nearly all must be in it.

use std::borrow::Cow;

/// A reason or an advice in Japanese; as it is where it has none.
pub fn said(english: &str) -> Cow<'_, str> {
    match translated(english) {
        Some(japanese) => Cow::Owned(japanese),
        None => Cow::Borrowed(english),
    }
}

/// The Japanese of what is in the table.
pub fn translated(english: &str) -> Option<String> {
    // A text that reads like a template is one whose gap holds braces.
    let is_plain = |own: &str| own == english && !own.contains("{}");
    let plain = TABLE.iter().find(|(own, _)| is_plain(own)).map(|(_, japanese)| (*japanese).to_owned());
    plain.or_else(|| TABLE.iter().find_map(|(own, japanese)| filled(own, japanese, english)))
}

/// The second template with what stands in the text for the gaps of the first, if it is of that template.
fn filled(template: &str, japanese: &str, text: &str) -> Option<String> {
    let mut parts = template.split("{}");
    let mut rest = text.strip_prefix(parts.next()?)?;
    let mut out = japanese.to_owned();
    let mut gaps = 0;
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        // The last part ends the text; another stands where it comes first.
        let at = if parts.peek().is_none() { rest.strip_suffix(part)?.len() } else { rest.find(part)? };
        let gap = &rest[..at];
        let own = TABLE.iter().find(|(own, _)| *own == gap).map_or(gap, |(_, japanese)| *japanese);
        let place = out.find("{}")?;
        out.replace_range(place..place + 2, &own.replace("{}", "{ }"));
        rest = &rest[at + part.len()..];
        gaps += 1;
    }
    (gaps > 0).then_some(out)
}

/// English and Japanese. Templates whose gaps may hold what another template says stand behind it.
#[rustfmt::skip]
pub const TABLE: &[(&str, &str)] = &[
    // Of all formats.
    ("an end of the connection is not an address", "接続の端がアドレスではない"),
    ("an end of the connection is missing", "接続の端がない"),
    ("port is not a number up to 65535", "ポートが65535以下の数ではない"),
    ("time is not readable", "時刻を読み取れない"),
    ("duration is not a number", "継続時間が数ではない"),
    ("byte count is not a number", "バイト数が数ではない"),
    ("packet count is not a number", "パケット数が数ではない"),
    ("protocol is unknown", "プロトコルが不明"),
    ("not a JSON object", "JSONオブジェクトではない"),
    ("line of another device or program", "別の機器またはプログラムの行"),
    ("the line is cut off", "行が途中で切れている"),
    ("the record is cut off", "レコードが途中で切れている"),
    ("a quoted value is not closed", "引用符が閉じていない"),
    ("a quoted cell is not closed", "セルの引用符が閉じていない"),
    ("the line names neither source nor destination", "行に接続元も接続先もない"),
    ("the line names no destination", "行に接続先がない"),
    ("the line names no source", "行に接続元がない"),
    ("the record names neither source nor destination", "レコードに接続元も接続先もない"),
    ("the record names no destination", "レコードに接続先がない"),
    ("the record names no source", "レコードに接続元がない"),
    ("the record names only one end", "レコードに片方の端しかない"),
    ("the row names neither source nor destination", "行に接続元も接続先もない"),
    ("the row names no destination", "行に接続先がない"),
    ("the row names no source", "行に接続元がない"),
    ("the row has another number of columns than its header", "列の数がヘッダーと異なる"),
    ("the row has another number of cells than the header", "セルの数がヘッダーと異なる"),
    ("the row has fewer cells than its #Fields line", "セルの数が#Fields行より少ない"),
    ("no #fields line before it says its columns", "列を示す#fields行が前にない"),
    ("no #Fields line before it says its columns", "列を示す#Fields行が前にない"),
    ("no header before it says its columns", "列を示すヘッダーが前にない"),
    ("no row of the table", "表の行ではない"),
    ("nothing in the file says which number of a date is the day", "日付のどの数が日かを示すものがファイルにない"),
    ("a line without any of the keys that the others have", "ほかの行にあるキーが一つもない行"),
    ("a row of another table (no connection between two hosts)", "別の表の行（二つのホスト間の接続ではない）"),
    ("a record that carries no log line", "ログの行を含まないレコード"),
    ("no log line is carried here that Kyoten knows", "Kyotenが知るログの行を含まない"),
    ("no format that Kyoten reads", "Kyotenが読む形式ではない"),
    ("other reasons, past the first 200", "その他の理由（200件を超えた分）"),
    ("aggregated over its ends, so it joins nobody", "端について集計済みで、誰の接続でもない"),
    ("configuration or command, no connection", "設定またはコマンドで、接続ではない"),
    ("count of connections or a host by itself, no connection", "接続数または単独のホストで、接続ではない"),
    ("device event, no connection", "機器のイベントで、接続ではない"),
    ("radio event, no connection", "無線のイベントで、接続ではない"),
    ("threat detection rate, no connection", "脅威検知の頻度で、接続ではない"),
    ("ends are hardware addresses, no connection of IP", "端が機器アドレスで、IPの接続ではない"),
    ("the source's bytes are more than all", "接続元のバイト数が合計より多い"),
    // What counts once.
    ("another alert on a connection that counts once", "一度だけ数える接続の、別の警告"),
    ("another packet of a connection that counts once", "一度だけ数える接続の、別のパケット"),
    ("part of a connection that counts once", "一度だけ数える接続の一部"),
    ("parts of flows that count once, at their end", "終わりで一度だけ数えるフローの一部"),
    ("one of several records of a session, which counts once", "一度だけ数えるセッションの、複数のレコードの一つ"),
    ("opening of a connection, which counts once, by its last record", "接続の開始（最後のレコードで一度だけ数える）"),
    ("the beginning of a connection, which counts once, by its end", "接続の開始（終わりで一度だけ数える）"),
    ("start of a flow, which counts once, by its end", "フローの開始（終わりで一度だけ数える）"),
    ("start of a session, which counts once, by its stop", "セッションの開始（終わりで一度だけ数える）"),
    ("start or statistics of a session, which counts once, by its last record", "セッションの開始または統計（最後のレコードで一度だけ数える）"),
    ("end of a connection to the web server, which counts by its start", "Webサーバーへの接続の終わり（始まりで数える）"),
    ("packet of a key exchange, which counts once", "鍵交換のパケット（一度だけ数える）"),
    ("packet of a key exchange that is told already", "すでに数えた鍵交換のパケット"),
    ("step of a VPN session, which counts once", "VPNセッションの途中経過（一度だけ数える）"),
    ("step of a login, which counts once", "ログインの途中経過（一度だけ数える）"),
    ("step of a logon, which counts once", "ログオンの途中経過（一度だけ数える）"),
    ("told again by another record of the connection", "接続の別のレコードがすでに示す"),
    ("told again by the connection's own record", "接続自身のレコードがすでに示す"),
    ("told again by the record of the whole flow", "フロー全体のレコードがすでに示す"),
    ("told again: another access on the same SMB connection", "重複：同じSMB接続上の別のアクセス"),
    ("told again: the end of a connection whose OPEN stands here", "重複：OPENがここにある接続の終わり"),
    ("told again: the end or a later step of a Remote Desktop session that stands here", "重複：ここにあるリモートデスクトップ接続の終わりまたは後の経過"),
    ("told already by another log of the firewall", "ファイアウォールの別のログがすでに示す"),
    ("told already by the other end's interface", "もう一方の端のインターフェースがすでに示す"),
    ("told already by the other end's reporter", "もう一方の端の報告がすでに示す"),
    ("word of a connection, which counts by its flow, or by this record if none comes", "接続の知らせ（フローで、なければこのレコードで数える）"),
    ("word of a connection, which counts by its own record, or by this one if none comes", "接続の知らせ（接続自身のレコードで、なければこれで数える）"),
    // Logons and sessions.
    ("AAA message without the address of whom it is about", "対象のアドレスがないAAAメッセージ"),
    ("RADIUS record of a station without an address", "アドレスのない端末のRADIUSレコード"),
    ("IPsec or address assignment message without two ends", "両端のないIPsecまたはアドレス割り当てのメッセージ"),
    ("a login at the host itself", "ホスト自身でのログイン"),
    ("login at the device itself", "機器自身でのログイン"),
    ("a logon from the computer itself", "コンピューター自身からのログオン"),
    ("a logon that names no host it came from (local, a service or a batch job)", "接続元ホストのないログオン（ローカル、サービス、バッチ）"),
    ("a logon to a host that the line does not name", "行にないホストへのログオン"),
    ("a login to a router that the line does not name", "行にないルーターへのログイン"),
    ("a share reached from the computer itself", "コンピューター自身からの共有へのアクセス"),
    ("a session at the console, or of a client that is not named", "コンソールの、または名前のないクライアントのセッション"),
    ("login without the address that it came from", "接続元アドレスのないログイン"),
    ("refused login without the address that it came from", "接続元アドレスのない、拒否されたログイン"),
    ("message of a server of logons that names no peer, or a step of one", "相手のない、または途中経過のログオンサーバーのメッセージ"),
    ("ISE {} message, no logon", "ISEの{}メッセージで、ログオンではない"),
    ("the rest of a message of ISE, told by its beginning", "ISEのメッセージの続き（先頭が示す）"),
    ("OpenVPN message that tells of no session", "セッションを示さないOpenVPNメッセージ"),
    ("gateway message that tells of no session", "セッションを示さないゲートウェイのメッセージ"),
    ("the gateway's own message", "ゲートウェイ自身のメッセージ"),
    ("route of a client that is listed", "一覧にあるクライアントの経路"),
    ("row without a client", "クライアントのない行"),
    // By vendor.
    ("AWS left out records of that time (SKIPDATA): traffic may be missing", "AWSがその時間のレコードを省いた（SKIPDATA）：通信が欠けている可能性がある"),
    ("no traffic at the interface in that time (NODATA)", "その時間、インターフェースに通信なし（NODATA）"),
    ("neither the default order nor a header says its fields", "既定の順序もヘッダーも項目を示さない"),
    ("the record has another number of fields than its format", "項目の数が書式と異なる"),
    ("Argus's own status, no connection", "Argus自身の状態で、接続ではない"),
    ("two ends with a direction between them are missing", "方向を示す記号の両側の端がない"),
    ("Azure record without flows", "フローのないAzureレコード"),
    ("a sentence of the firewall that is not known", "知られていないファイアウォールの文"),
    ("not a flow tuple: its seventh field is no direction", "フローの組ではない：七番目の項目が方向ではない"),
    ("state of the flow is unknown", "フローの状態が不明"),
    ("{} record without a destination", "接続先のない{}レコード"),
    ("no CEF header", "CEFヘッダーがない"),
    ("a CEF header of fewer than seven parts", "CEFヘッダーの部分が七つより少ない"),
    ("a record without fields of CEF", "CEFの項目のないレコード"),
    ("no LEEF header", "LEEFヘッダーがない"),
    ("a LEEF header of fewer than five parts", "LEEFヘッダーの部分が五つより少ない"),
    ("Check Point drops without ends, no connection", "端のないCheck Pointの破棄で、接続ではない"),
    ("not a Check Point record: it has no fields", "Check Pointのレコードではない：項目がない"),
    ("Check Point {}, no connection", "Check Pointの{}で、接続ではない"),
    ("a message does not read as its number says", "メッセージがその番号どおりに読めない"),
    ("FTD event without both ends of a connection", "接続の両端のないFTDイベント"),
    ("an access list's message does not read as one", "アクセスリストのメッセージとして読めない"),
    ("access list rate-limited: packets were not logged", "アクセスリストの頻度制限：記録されなかったパケットがある"),
    ("standard access list: the message names the source only", "標準アクセスリスト：メッセージに接続元しかない"),
    ("router message that names no two ends", "両端のないルーターのメッセージ"),
    ("Umbrella row of another log, no connection", "Umbrellaの別のログの行で、接続ではない"),
    ("Umbrella row without both ends", "両端のないUmbrellaの行"),
    ("DNS query at Umbrella: the row names the client only", "UmbrellaのDNS照会：行にクライアントしかない"),
    ("Citrix ADC {} message, no connection", "Citrix ADCの{}メッセージで、接続ではない"),
    ("not a FortiGate record: it has no type", "FortiGateのレコードではない：種別がない"),
    ("not a FortiGate record: its type is no word", "FortiGateのレコードではない：種別が語ではない"),
    ("FortiGate {} record, no connection", "FortiGateの{}レコードで、接続ではない"),
    ("Google Cloud entry without a connection", "接続のないGoogle Cloudの項目"),
    ("Google Cloud log {}, no connection", "Google Cloudのログ{}で、接続ではない"),
    ("no header of a rollup before it", "集計表のヘッダーが前にない"),
    ("a site is missing", "拠点がない"),
    ("flow count is not a number", "フロー数が数ではない"),
    ("flow count is not a number above 0", "フロー数が0より大きい数ではない"),
    ("outcome is unknown", "結果が不明"),
    ("a packet whose ends are not as expected", "端が想定どおりでないパケット"),
    ("nfdump's summary, no connection", "nfdumpの要約で、接続ではない"),
    ("no row of nfdump: two ends with an arrow between them are missing", "nfdumpの行ではない：矢印の両側の端がない"),
    ("Junos {} record, no connection", "Junosの{}レコードで、接続ではない"),
    ("its type is none of PAN-OS", "種別がPAN-OSのものではない"),
    ("not a PAN-OS record: no type stands in its fourth column", "PAN-OSのレコードではない：四列目に種別がない"),
    ("PAN-OS {} record, no connection", "PAN-OSの{}レコードで、接続ではない"),
    ("not a row of the filter log", "フィルターログの行ではない"),
    ("RouterOS {} message, no connection", "RouterOSの{}メッセージで、接続ではない"),
    ("no alert begins before this line", "この行の前に警告の始まりがない"),
    ("no packet begins before this line", "この行の前にパケットの始まりがない"),
    ("not a SonicWall record: it has no id and time", "SonicWallのレコードではない：idと時刻がない"),
    ("SonicWall {}, no connection", "SonicWallの{}で、接続ではない"),
    ("not a Sophos record: it has no log type", "Sophosのレコードではない：ログ種別がない"),
    ("Sophos {} record, no connection", "Sophosの{}レコードで、接続ではない"),
    ("neither Squid's own nor the common format", "Squid独自の形式でも共通形式でもない"),
    ("the request names no other host", "要求に別のホストがない"),
    ("request without its page", "ページのない要求"),
    ("not a Stormshield record: it has no time", "Stormshieldのレコードではない：時刻がない"),
    ("Stormshield {} record, no connection", "Stormshieldの{}レコードで、接続ではない"),
    ("not an eve record: it has no event_type", "eveのレコードではない：event_typeがない"),
    ("Suricata stats record, no connection", "Suricataの統計で、接続ではない"),
    ("Suricata {} record without both ends", "両端のないSuricataの{}レコード"),
    ("Symantec record that names no second host (system, policy, scan, behaviour, risk)", "相手のホストがないSymantecのレコード（システム、ポリシー、スキャン、動作、リスク）"),
    ("WatchGuard message {}, no connection", "WatchGuardのメッセージ{}で、接続ではない"),
    ("a Windows event has no number", "Windowsイベントに番号がない"),
    ("a record without the number of a Windows event", "Windowsイベントの番号のないレコード"),
    ("a Windows event is cut off", "Windowsイベントが途中で切れている"),
    ("a Windows event that does not name its computer", "コンピューター名のないWindowsイベント"),
    ("no Windows event", "Windowsイベントではない"),
    ("no header of a table of Windows events", "Windowsイベントの表のヘッダーがない"),
    ("INFO-EVENTS-LOST: the firewall did not write some lines", "INFO-EVENTS-LOST：ファイアウォールが書かなかった行がある"),
    ("Windows Firewall action {}, no connection", "Windowsファイアウォールの動作{}で、接続ではない"),
    ("Windows event {}, no connection", "Windowsイベント{}で、接続ではない"),
    ("Windows {} event {}, no connection", "Windows {}のイベント{}で、接続ではない"),
    ("no Zeek connection: it has neither a state nor counts", "Zeekの接続ではない：状態も数もない"),
    ("Zeek log: no two ends of a connection", "Zeekのログ：接続の両端がない"),
    ("Zeek {} log: no two ends of a connection", "Zeekの{}ログ：接続の両端がない"),
    ("Zeek {} log, not conn.log", "Zeekの{}ログで、conn.logではない"),
    ("not a Zscaler record: it has neither time nor client", "Zscalerのレコードではない：時刻もクライアントもない"),
    ("{} record with fewer than two ends, no connection", "端が二つより少ない{}レコードで、接続ではない"),
    // Captures.
    ("an encrypted Wi-Fi frame", "暗号化されたWi-Fiフレーム"),
    ("no IP packet: spanning tree", "IPパケットではない：スパニングツリー"),
    ("no IP packet: {}", "IPパケットではない：{}"),
    ("a fragment whose beginning was not captured", "先頭が記録されていない断片"),
    ("a packet of which too little was captured to tell its ends", "端を知るには記録が短すぎるパケット"),
    ("a packet whose headers are broken", "ヘッダーが壊れたパケット"),
    ("a header says that it is shorter than it can be", "ヘッダーの示す長さが短すぎる"),
    ("a packet of a link type that Kyoten does not read ({})", "Kyotenが読まないリンク種別のパケット（{}）"),
    ("a packet of an interface that the capture does not describe", "記録に説明のないインターフェースのパケット"),
    ("a pcapng block of another kind ({})", "別の種類のpcapngブロック（{}）"),
    ("a broken block: what follows it can't be told apart", "壊れたブロック：続きを区切れない"),
    ("the capture is cut off within a packet", "記録がパケットの途中で切れている"),
    // What became of flows.
    ("an address translation: one host under two addresses", "アドレス変換：一つのホストの二つのアドレス"),
    ("no initiator in the record", "レコードに接続元がない"),
    ("no responder in the record", "レコードに接続先がない"),
    ("neither end in the record", "レコードに両端がない"),
    ("loopback address", "ループバックアドレス"),
    ("unspecified address", "未指定アドレス"),
    ("multicast address", "マルチキャストアドレス"),
    ("broadcast address", "ブロードキャストアドレス"),
    ("link-local address", "リンクローカルアドレス"),
    // Packing.
    ("half a UTF-16 unit at the end", "末尾にUTF-16の半端な単位"),
    ("a member past the first 20,000 of an archive", "書庫の20,000個を超えたファイル"),
    ("stopped unpacking: 500 times its packed size and over 4 GiB, a decompression bomb", "展開を中止：圧縮時の500倍かつ4 GiB超（展開爆弾）"),
    ("a bzip2 stream is damaged: what follows the damage can't be unpacked", "bzip2の損傷：以降は展開できない"),
    ("an lz4 frame is damaged: what follows the damage can't be unpacked", "lz4の損傷：以降は展開できない"),
    ("an lz4 frame needs a dictionary; unpack it with lz4 -d -D and drop what comes out", "lz4に辞書が必要：lz4 -d -Dで展開したものを読み込む"),
    ("an xz stream is damaged, or asks for over 160 MiB of memory: what follows can't be unpacked", "xzの損傷、または160 MiB超のメモリー要求：以降は展開できない"),
    ("a zstd frame is damaged: what follows the damage can't be unpacked", "zstdの損傷：以降は展開できない"),
    ("a zstd frame asks for a window of over 128 MiB; unpack it with zstd -d --long=31 and drop what comes out", "zstdが128 MiB超の窓を要求：zstd -d --long=31で展開したものを読み込む"),
    ("a zstd frame needs a dictionary; unpack it with zstd -d -D and drop what comes out", "zstdに辞書が必要：zstd -d -Dで展開したものを読み込む"),
    ("a gzip member is damaged: what follows the damage can't be unpacked", "gzipの損傷：以降は展開できない"),
    ("the member is damaged: what follows the damage can't be unpacked", "書庫内のファイルの損傷：以降は展開できない"),
    ("the {} stream is cut off", "{}が途中で切れている"),
    ("no {} data after the last member", "最後の部分の後は{}ではない"),
    ("the checksum of a {} member is wrong: its content may be damaged", "{}のチェックサムが合わない：内容が損傷している可能性がある"),
    ("the checksum of the member is wrong: its content may be damaged", "書庫内のファイルのチェックサムが合わない：内容が損傷している可能性がある"),
    ("the member has another size than the archive says", "書庫内のファイルの大きさが書庫の記載と異なる"),
    ("bytes of the archive that belong to no member", "どのファイルにも属さない書庫のバイト"),
    ("bytes after the end of the member's data", "ファイルのデータの終わりより後のバイト"),
    ("the archive is cut off within the member", "書庫がファイルの途中で切れている"),
    ("the tar archive is cut off", "tar書庫が途中で切れている"),
    ("the zip archive is cut off: its directory is missing", "zip書庫が途中で切れている：目録がない"),
    ("a sparse member: its holes are not stored, so its text can't be read in order", "疎なファイル：空所が保存されておらず、順に読めない"),
    ("a member that the archive's directory does not name; it was read all the same", "書庫の目録にないファイル（それでも読んだ）"),
    ("a member that the archive's directory names, but that does not stand where it says", "書庫の目録にあるが、その場所にないファイル"),
    ("a stretch of the event log that is no chunk", "イベントログのチャンクではない部分"),
    ("bytes of an event log's chunk that are no record", "イベントログのチャンクの、レコードではないバイト"),
    ("a record of the event log whose binary XML can't be read", "バイナリーXMLを読み取れないイベントログのレコード"),
    ("the checksum of a chunk's header is wrong: its records may be damaged", "チャンクのヘッダーのチェックサムが合わない：レコードが損傷している可能性がある"),
    ("the checksum of a chunk's records is wrong: they may be damaged", "チャンクのレコードのチェックサムが合わない：損傷している可能性がある"),
    ("the event log is cut off within a chunk", "イベントログがチャンクの途中で切れている"),
    ("a Parquet file of more than 256 MB, of which the directory stands at the end: export it in parts, or as CSV", "256 MBを超えるParquetファイル（目録が末尾にある）：分けて、またはCSVで書き出す"),
    ("the Parquet file's directory, which stands at its end, is missing or can't be read", "Parquetファイルの末尾の目録がない、または読み取れない"),
    ("a group of rows of the Parquet file that can't be read, or not to its end", "Parquetファイルの、読み取れない、または途中までの行のグループ"),
    ("the last record is cut off with what it was packed in", "最後のレコードが圧縮データとともに切れている"),
    // Containers that are not opened.
    ("a 7-Zip archive", "7-Zip書庫"),
    ("a RAR archive", "RAR書庫"),
    ("a Windows cabinet", "Windowsキャビネット"),
    ("an ar archive", "ar書庫"),
    ("a cpio archive", "cpio書庫"),
    ("a zip archive", "zip書庫"),
    ("a tar archive", "tar書庫"),
    ("a part of a zip archive that spans several files", "複数のファイルにわたるzip書庫の一部"),
    ("lz4 compression of the old kind", "旧式のlz4圧縮"),
    ("compression of the old kind (.Z)", "旧式の圧縮（.Z）"),
    ("an Office document or message of the old kind", "旧式のOffice文書またはメッセージ"),
    ("an Office document", "Office文書"),
    ("an encrypted Parquet file", "暗号化されたParquetファイル"),
    ("an SQLite database", "SQLiteデータベース"),
    ("a PDF document", "PDF文書"),
    ("a PNG picture", "PNG画像"),
    ("something packed deeper than six layers", "六重より深く圧縮されたもの"),
    // Advice.
    ("The file is empty.", "ファイルは空です。"),
    ("The file holds nothing but line ends and blanks.", "ファイルには改行と空白しかありません。"),
    ("The file holds nothing but zero bytes: a gap in a disk image, or a log preallocated and never written.", "ファイルには0のバイトしかありません。ディスクイメージの空所か、確保されたまま書かれなかったログです。"),
    ("This is {}, which Kyoten does not open yet. Unpack it, or export it as text or CSV, and drop what comes out.", "これは{}で、Kyotenはまだ開けません。展開するか、テキストまたはCSVで書き出したものを読み込んでください。"),
    ("Binary data that Kyoten does not know. Export it as text or CSV first. Kyoten reads {}.", "Kyotenの知らないバイナリーデータです。まずテキストまたはCSVで書き出してください。Kyotenが読むもの：{}。"),
    ("JSON whose fields do not say who called whom: {}. Say in the column mapping which field is the source and which the destination.", "誰が誰に接続したかを示さないJSONです：{}。列の対応で、どの項目が接続元でどれが接続先かを指定してください。"),
    ("JSON, but no connections that Kyoten knows: it begins {}. Kyoten reads {}.", "JSONですが、Kyotenの知る接続ではありません。先頭：{}。Kyotenが読むもの：{}。"),
    ("Wireshark’s list of packets: of a single packet nobody can tell who opened its connection. Drop the capture itself (pcap, pcapng).", "Wiresharkのパケット一覧です。一つのパケットからは誰が接続を開いたか分かりません。キャプチャー自体（pcap、pcapng）を読み込んでください。"),
    ("A table whose columns do not say who called whom: {}. Say in the column mapping which column is the source and which the destination.", "誰が誰に接続したかを示さない表です：{}。列の対応で、どの列が接続元でどれが接続先かを指定してください。"),
    ("Text that Kyoten does not know: it begins {}. Kyoten reads {}; export one of these, or drop a CSV.", "Kyotenの知らないテキストです。先頭：{}。Kyotenが読むもの：{}。これらのいずれかで書き出すか、CSVを読み込んでください。"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_filled_in_order() {
        assert_eq!(said("Windows Sec event 4688, no connection"), "Windows Secのイベント4688で、接続ではない");
        assert_eq!(
            said(
                "This is a RAR archive, which Kyoten does not open yet. Unpack it, or export it as text or CSV, and drop what comes out."
            ),
            "これはRAR書庫で、Kyotenはまだ開けません。展開するか、テキストまたはCSVで書き出したものを読み込んでください。"
        );
        assert_eq!(said("Zeek {} log, not conn.log"), "Zeekの{ }ログで、conn.logではない");
        assert_eq!(said("something else"), "something else");
    }

    #[test]
    fn each_stands_once_and_has_the_gaps_of_its_english() {
        for (at, (english, japanese)) in TABLE.iter().enumerate() {
            assert!(TABLE[..at].iter().all(|(own, _)| own != english), "{english} stands twice");
            assert_eq!(english.matches("{}").count(), japanese.matches("{}").count(), "{english}");
            let template = TABLE[..at].iter().find(|(own, _)| filled(own, own, english).is_some());
            assert_eq!(template, None, "{english} would be taken for another");
        }
    }
}
