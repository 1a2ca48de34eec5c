/**
 * Runs web/jb1.mjs over vectors: `node tests/support/check_vectors.mjs <folder>`.
 *
 * Prints what deviates, one line each, then how many cases there were; exit code 1 when something deviated.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as jb1 from '../../web/jb1.mjs';

const folder = process.argv[2];
const read = (name) => JSON.parse(readFileSync(join(folder, name), 'utf8'));
let [cases, deviations] = [0, 0];

function compare(name, expected, got) {
  cases += 1;
  const [a, b] = [JSON.stringify(expected), JSON.stringify(got)];
  if (a === b) return;
  deviations += 1;
  console.log(`${name}: expected ${a}, got ${b}`);
}

/** What the verifier says of a code, in the terms of the vectors. */
async function say(text, keys, now, status) {
  try {
    const verified = await jb1.verify(text, keys);
    return { verdict: jb1.judge(verified, now, status), verified };
  } catch (error) {
    if (error instanceof jb1.NotACode) return { error: 'not-a-code' };
    if (error instanceof jb1.Forged) return { verdict: 'forged', reason: error.reason };
    throw error;
  }
}

const hex = (bytes) => Buffer.from(bytes).toString('hex');
const keys = await jb1.KeySet.fromJwks(readFileSync(join(folder, 'keys.json'), 'utf8'));

for (const { name, code, now, status, verdict, certificate_id: id, claims } of read('good.json').cases) {
  const { verified, ...said } = await say(code, keys, now, status);
  compare(name, { verdict }, said);
  if (verified === undefined) continue;
  const c = verified.claims;
  compare(`${name}: claims`, claims, {
    iss: c.iss,
    exp: c.exp,
    iat: c.iat,
    cti: hex(c.cti),
    status_idx: String(c.idx),
    status_uri: c.uri,
    plate: c.plate,
    plate_class: c.plateClass,
    vehicle_type: c.vehicleType,
    use: c.use,
  });
  compare(`${name}: id`, id, jb1.certificateId(c.cti));
}

for (const { name, code, now, error, verdict, reason } of read('hostile.json').cases) {
  const { verified: _, ...said } = await say(code, keys, now, null);
  if (error !== undefined) compare(name, { error }, said);
  else if (reason === null) compare(name, verdict, said.verdict);
  else compare(name, { verdict, reason }, said);
}

for (const { name, token, uri, now, entries, reason } of read('status-lists.json').cases) {
  try {
    const list = await jb1.readStatusList(Uint8Array.from(Buffer.from(token, 'base64')), keys, uri);
    const got = Object.fromEntries(Object.keys(entries ?? {}).map((index) => [index, list.status(BigInt(index), now)]));
    compare(name, { entries }, { entries: got });
  } catch (error) {
    if (!(error instanceof jb1.Untrusted)) throw error;
    compare(name, { reason }, { reason: error.reason });
  }
}

console.log(`${cases} comparisons, ${deviations} deviations`);
process.exit(deviations === 0 ? 0 : 1);
