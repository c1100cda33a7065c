#!/bin/sh
# prom-client 15.1.3 with the Pushgateway 1.5.1 (Debian 12): a slash in a grouping is sent as %2F, which the gateway takes for
# the next part of the path. "/srv/in" is answered by a redirect that the client reports as a success, and nothing is stored;
# "a/b/c" becomes the two labels path="a" and b="c"; "a/b" is an error. The gateway's own way, path@base64, is never used.
set -eu
folder=$(mktemp -d)
gateway=
trap 'if [ -n "$gateway" ]; then kill "$gateway"; wait "$gateway" || true; fi; rm -rf "$folder"' EXIT
chmod 755 "$folder"
cd "$folder"
apt-get download -qq prometheus-pushgateway=1.5.1-2+b5 >apt.log 2>&1 || { cat apt.log; exit 1; }
dpkg -x prometheus-pushgateway_*.deb gateway
echo '{ "private": true }' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts prom-client@15.1.3 >npm.log 2>&1 || { cat npm.log; exit 1; }
port=$(node -e "const s = require('node:net').createServer().listen(0, '127.0.0.1', () => { console.log(s.address().port); s.close(); })")
./gateway/usr/bin/prometheus-pushgateway --web.listen-address="127.0.0.1:$port" >gateway.log 2>&1 &
gateway=$!
cat >push.js <<'PUSH'
const { Counter, Pushgateway, Registry } = require('prom-client');

const address = process.argv[2];
const registry = new Registry();
new Counter({ name: 'imported_rows_total', help: 'Rows', registers: [registry] }).inc();
const client = new Pushgateway(address, {}, registry);

async function main() {
  for (let tries = 0; tries < 100; tries++) {
    const ready = await fetch(`${address}/-/ready`).then((answer) => answer.ok, () => false);
    if (ready) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  for (const path of ['/srv/in', 'a/b/c', 'a/b']) {
    const outcome = await client.pushAdd({ jobName: 'import', groupings: { path } }).then(
      ({ resp }) => `resolved with ${resp.statusCode}`,
      (error) => `rejected: ${error.message.trim()}`,
    );
    console.log(`${path}: ${outcome}`);
  }
  const stored = await (await fetch(`${address}/metrics`)).text();
  console.log(stored.match(/^imported_rows_total.*/gm).join('\n'));
}
main();
PUSH
node push.js "http://127.0.0.1:$port" | tee seen.txt
cat >expected.txt <<'EXPECTED'
/srv/in: resolved with 301
a/b/c: resolved with 200
a/b: rejected: push failed with status 400, odd number of components in label string "/path/a/b"
imported_rows_total{b="c",instance="",job="import",path="a"} 1
EXPECTED
diff expected.txt seen.txt || { echo 'It differs now' >&2; exit 1; }
