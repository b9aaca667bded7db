//! The fields that a column can be mapped to, and the names that many products give them.

/// The fields that a column can be mapped to, and the names that mean them: the most telling first, in lower case with
/// letters and digits only, a blank between two.
pub const FIELDS: &[(&str, &str)] = &[
    (
        "src_ip",
        "srcip sourceip cip sip idorigh srcaddr srcipaddr srcaddress sourceaddress sourceipaddress ipsourceaddress \
         srcipaddress saddr sa src4addr ipsrc ipvsrcaddr ipv4srcaddr clientip clientaddress callingip initiatorip \
         initiatoraddress origh originip localip localaddress localaddressip4 localaddressip6 actionlocalip \
         sourceipv4address sourceipv6address cliip flowclientipaddr srcipv4 srcipv6 sourceipv4 pktsrcaddr internalip \
         fromip fromaddress src source client initiator from local remotehostip origin 送信元ipアドレス 送信元アドレス 送信元ip 送信元 \
         源ip 源地址 源ip地址 sourceipaddr quellip quelladresse quelle adressesource ipsource direccionorigen iporigen \
         sourceipaddresses cclientaddr",
    ),
    (
        "src_host",
        "srchost srchostname sourcehost sourcehostname srcname sourcename sourcedomain clienthost clienthostname \
         clientname shost srcdns src source client from sourcecomputer",
    ),
    (
        "src_port",
        "srcport srcportnumber sourceport sport idorigp spt sp clientport origp localport actionlocalport srcpt \
         initiatorport srcprt l4srcport tcpsrcport sourcetransportport fromport portsrc cliport flowclientl4portid \
         送信元ポート 送信元ポート番号 源端口 quellport portsource puertoorigen cclientport",
    ),
    (
        "dst_ip",
        "dstip destinationip destip dip idresph dstaddr dstipaddr dstaddress destinationaddress destaddress \
         destinationipaddress ipdestinationaddress dstipaddress destaddr daddr da dst4addr ipdst ipv4dstaddr \
         serverip serveraddress responderip responderaddress resph remoteip remoteaddress remoteaddressip4 \
         remoteaddressip6 actionremoteip destinationipv4address destinationipv6address srvip flowserveripaddr \
         dstipv4 dstipv6 destinationipv4 pktdstaddr externalip targetip targetaddress toip toaddress dst dest \
         destination server responder target to remote 宛先ipアドレス 宛先アドレス 宛先ip 宛先 送信先ipアドレス 送信先アドレス 送信先 目的ip 目的地址 \
         目的ip地址 目标ip destipaddr destinationipaddr zielip zieladresse ziel adressedestination ipdestination \
         direcciondestino ipdestino originip cserveraddr rip csip ssupplierip",
    ),
    (
        "dst_host",
        "dsthost dsthostname desthost desthostname destinationhost destinationhostname dstname destname \
         destinationname destinationdomain serverhost servername dhost dstdns dst dest destination server target to \
         remotehost remoteurl cshost",
    ),
    (
        "dst_port",
        "dstport dstportnumber destinationport destport dport idrespp dpt dp serverport respp remoteport \
         actionremoteport dstpt responderport dstprt l4dstport tcpdstport destinationtransportport portdst srvport \
         flowserverl4portid targetport toport port service 宛先ポート 宛先ポート番号 送信先ポート 目的端口 目标端口 zielport portdestination \
         puertodestino originport cserverport csuriport",
    ),
    (
        "proto",
        "proto protocol ipprotocolname ipprotocol transport transportprotocol networktransport prot pr protocolname \
         ipproto protocolid protocolidentifier networkprotocol l4proto protonum netconnproto netconnprotocol protol4 \
         l4protoname protocolnumber pro プロトコル 协议 protokoll protocole protocolo protoid",
    ),
    (
        "service",
        "service app application applicationname applicationprotocol appname servicename appid networkapplication \
         appcategory l7protocol アプリケーション 应用 应用名称 anwendung",
    ),
    (
        "ts",
        "ts start starttime eventstarttime flowstart flowstarttime firstswitched firstseen datefirstseen first begin \
         begintime stime eventstart sessionstart sessionstarttime connectiontime tsstart firstpackettime startdate \
         startts flowstartmilliseconds timeflowstart timeflowstartns timestampstart bidirectionalfirstseenms \
         seenfirst flowstarttimestamp timestart timestamp timestamputc eventtime eventtimestamp itime time datetime \
         utctime generatetime generatedtime timegenerated timegeneratedutc receivetime receiveddate receipttime \
         logtime createdtime timecreated devicetimestamp eventdate date dateandtime datetimeutc starttimefirstseen \
         createtime 日時 日付時刻 発生日時 時刻 时间 开始时间 発生時刻 zeit zeitstempel datumuhrzeit horodatage fecha firstpktsec \
         firstpacketsecond 受信日時 生成日時 ログ日時 開始日時 開始時刻 開始時間 mints mintime earliest firsttime",
    ),
    (
        "end",
        "end endtime eventendtime flowend flowendtime lastswitched lastseen last etime te stop stoptime sessionend \
         sessionendtime eventend timeend endts flowendmilliseconds timeflowend timeflowendns timestampend \
         bidirectionallastseenms seenlast flowendtimestamp lastpackettime closetime endtimelastseen 结束时间 終了時刻 \
         lastpktsec lastpacketsecond 終了日時 終了時間 maxts maxtime latest lasttime",
    ),
    // When the record was written, for rows that say neither start nor end.
    (
        "logged",
        "timegenerated timegeneratedutc receivetime receipttime timestamp eventtime itime logtime time datetime",
    ),
    ("date", "date eventdate logdate startdate 日付 datum"),
    ("time", "time eventtime logtime starttime 時刻 uhrzeit"),
    ("zone", "tz timezone utcoffset tzoffset"),
    (
        "duration",
        "duration durations durationsec durationsecs durationseconds durationms durationmsec durationmillis \
         durationmilliseconds durationus durationns eventduration dur td elapsed elapsedtime elapsedtimesec \
         elapsedsec elapsedms sessionduration sessiondurationsec flowduration flowdurationmilliseconds \
         connectionduration timetaken",
    ),
    (
        "bytes_out",
        "bytesout origbytes sentbytes bytessent sentbyte srcbytes sourcebytes sbytes outbytes clientbytes \
         bytestoserver bytesfromclient uploadbytes bytesuploaded bytesup sent txbytes bytestx requestsize \
         initiatorbytes srctodstbytes src2dstbytes bytessrctodst ibyt ibytes totlenfwdpkts totallengthoffwdpacket \
         totallengthoffwdpackets octetdeltacount octettotalcount oct cli2srvbytes outoctets bytesc2s bytes octets \
         inbytes dbytesout 送信バイト数 送信バイト 发送字节数 发送字节 sendbytes initbytecount c2pbytes csbytes",
    ),
    (
        "bytes_in",
        "bytesin respbytes receivedbytes bytesreceived rcvdbyte rcvdbytes recvbytes bytesrecv dstbytes \
         destinationbytes destbytes dbytes serverbytes bytestoclient bytesfromserver downloadbytes bytesdownloaded \
         bytesdown received rcvd rxbytes bytesrx responsesize responderbytes dsttosrcbytes dst2srcbytes \
         reverseoctetdeltacount reverseoctettotalcount roct srv2clibytes bytesdsttosrc obyt obytes totlenbwdpkts \
         totallengthofbwdpacket totallengthofbwdpackets inoctets bytess2c inbytes 受信バイト数 受信バイト 接收字节数 接收字节 rcvbytes \
         rplybytecount replybytes p2cbytes bytesrcvd rcvdoctets scbytes",
    ),
    ("bytes_total", "totbytes totalbytes bytestotal networkbytes bytes"),
    (
        "packets_out",
        "packetsout origpkts sentpackets packetssent sentpkt sentpkts srcpkts srcpackets sourcepackets spkts outpkts \
         pktssent pktstoserver packetstoserver ipkt ipkts initiatorpackets totfwdpkts totalfwdpacket totalfwdpackets \
         packetdeltacount packettotalcount cli2srvpackets src2dstpackets packetsc2s packets pkts inpkts 送信パケット数 \
         sendpkts initpktcount",
    ),
    (
        "packets_in",
        "packetsin resppkts receivedpackets packetsreceived rcvdpkt rcvdpkts dstpkts dstpackets destinationpackets \
         dpkts pktsreceived pktstoclient packetstoclient opkt opkts responderpackets totbwdpkts \
         reversepacketdeltacount reversepackettotalcount rpkt srv2clipackets dst2srcpackets inpkts totalbwdpacket \
         totalbwdpackets packetss2c 受信パケット数 rcvpkts rplypktcount replypackets packetsrcvd pktsrcvd rcvdpackets",
    ),
    ("packets_total", "totpkts totalpackets packetstotal networkpackets packets"),
    (
        "outcome",
        "outcome action verdict deviceaction dvcaction act connstate disposition decision ruleaction actionid \
         policyaction eventaction actiontype firewallaction accesscontrolruleaction result eventoutcome state status \
         動作 処理 アクション 动作 aktion fwruleaction scfilterresult",
    ),
    (
        "user",
        "user username srcuser sourceuser sourceusername suser srcusername clientuser initiatoruser account \
         accountname initiatingprocessaccountname email useremail userid usersrc remoteuser ユーザー ユーザ ユーザー名 ユーザ名 用户 用户名 benutzer \
         utilisateur csusername",
    ),
    (
        "sensor",
        "sensor device devicename devname dvc dvchost deviceid devid observer observername exporter router firewall \
         firewallname gateway origin orig reporter computer host hostname systemname interfaceid dvcip deviceaddress \
         devicehostname 機器 機器名 装置名 设备名称 deviceipaddress",
    ),
    (
        "rule",
        "rule rulename networkrulename ruleid policy policyid policyname rulenumber rulenum acl accesslist aclname \
         securityrule securitypolicyname accesscontrolrulename ruleuid devicecustomstring1 ルール ルール名 ポリシー 策略 策略名称 \
         regel fwrule",
    ),
];

/// Columns that say which way a connection went, seen from the machine that tells of it.
pub const DIRECTIONS: &[&str] =
    &["connectiondirection", "netconninbound", "inbound", "direction", "networkdirection", "networkflowdirection"];

/// What stands there of a connection that another machine opened. CrowdStrike numbers the directions, 1 being inbound.
pub const INBOUND: &[&str] = &["1", "true", "in", "inbound", "incoming", "ingress"];

/// Names that may have a side or a unit behind them: `bytes_s` and `bytes_d`, `duration_s`.
const SIDELESS: [&str; 10] =
    ["addr", "address", "bytes", "duration", "host", "octets", "packets", "pkts", "port", "time"];

/// A column's name reduced to letters and digits in lower case: `Src IP` and `src_ip` are one. Log Analytics puts a value's type
/// behind the name of a column that a custom log brought (`DestinationIP_s`, `SourcePort_d`), which is none where the letter may as
/// well say a side or a unit.
pub fn plain(name: &str) -> String {
    let typed = ["_s", "_d", "_g", "_t", "_b"].iter().find_map(|kind| name.strip_suffix(kind));
    let bare = typed.filter(|bare| bare.len() > 3 && !SIDELESS.contains(&bare.to_lowercase().as_str()));
    let name = bare.unwrap_or(name);
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
