#!/bin/sh
# @prometheus-io/lezer-promql 0.315.0: in the tree of "a unless a offset 5m", the offset spans both sides of the operator.
# Prometheus applies it to the second side only. A tool that walks this tree must move it to the last operand.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "type": "module" }' >package.json
npm install --silent --no-audit --no-fund --ignore-scripts \
  @prometheus-io/lezer-promql@0.315.0 @lezer/lr@1.4.10 @lezer/highlight@1.2.3 >npm.log 2>&1 || { cat npm.log; exit 1; }
cat >tree.mjs <<'TREE'
import { parser } from '@prometheus-io/lezer-promql';

const text = 'a unless a offset 5m';
const { name, from, to } = parser.parse(text).topNode.firstChild;
console.log(`${name}: ${text.slice(from, to)}`);
TREE
seen=$(node tree.mjs)
echo "$seen"
test "$seen" = "OffsetExpr: a unless a offset 5m"
