#!/bin/sh
# prometheus-api-metrics 4.0.0 with Express 5.1: the label route is the route's pattern, in which the first occurrence of each
# parameter's value is replaced by its name. So GET /v1/users/1 is counted as "/v:id/users/:id", and GET /v1/users/v1 as
# "/:id/users/:id": clients make routes that do not exist. A parameter of a mounted router is left as it was sent.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "name": "shop", "version": "1.0.0" }' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts \
  prometheus-api-metrics@4.0.0 prom-client@15.1.3 express@5.1.0 >npm.log 2>&1 || { cat npm.log; exit 1; }
cat >shop.js <<'SHOP'
const express = require('express');
const measure = require('prometheus-api-metrics');
const { register } = require('prom-client');

const answer = (_request, response) => response.send('found');
const reviews = express.Router().get('/:review', answer);
const application = express().use(measure()).get('/v1/users/:id', answer).use('/v1/shops/:shop/reviews', reviews);
const server = application.listen(0, '127.0.0.1', async () => {
  for (const path of ['/v1/users/42', '/v1/users/1', '/v1/users/v1', '/v1/users/s', '/v1/shops/3/reviews/9']) {
    await (await fetch(`http://127.0.0.1:${server.address().port}${path}`)).text();
    const counted = (await register.metrics()).match(/(?<=^http_request_duration_seconds_count.*route=").*?(?=")/gm);
    console.log(`${path} -> ${counted.at(-1)}`);
  }
  process.exit();
});
SHOP
node shop.js | tee seen.txt
cat >expected.txt <<'EXPECTED'
/v1/users/42 -> /v1/users/:id
/v1/users/1 -> /v:id/users/:id
/v1/users/v1 -> /:id/users/:id
/v1/users/s -> /v1/u:iders/:id
/v1/shops/3/reviews/9 -> /v1/shops/3/reviews/:review
EXPECTED
diff expected.txt seen.txt || { echo 'It differs now' >&2; exit 1; }
