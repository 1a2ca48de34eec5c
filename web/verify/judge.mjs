/**
 * From a text to what the page shows: the answer of POST /v1/verify, made on this device.
 *
 * Steps 1 to 5 of wire format 3 are in jb1.mjs; here the state is taken from the status list at hand (step 7). The
 * one thing that cannot be found out here is `not-issued`: only the issuer's store can tell.
 */

import { Forged, certificateId, judge, verify } from '../jb1.mjs';

/**
 * The finding for `text` as of `now` (epoch seconds). `trust` has `keys` (a KeySet) and `list(uri)`, which gives a
 * status list or undefined. Throws NotACode.
 */
export async function inspect(text, trust, now) {
  let verified;
  try {
    verified = await verify(text, trust.keys);
  } catch (error) {
    if (!(error instanceof Forged)) throw error;
    return { verdict: 'forged', look: 'forged', reason: error.reason, claims: null, asOf: null, checkedAt: now };
  }
  const { claims } = verified;
  const list = trust.list(claims.uri);
  const status = list?.status(claims.idx, now) ?? null;
  const verdict = judge(verified, now, status);
  return {
    verdict,
    look: verdict === 'valid' && status === null ? 'unchecked' : verdict,
    reason: null,
    claims: { ...claims, id: certificateId(claims.cti), issuer: trust.keys.issuer(claims.iss) },
    asOf: status === null ? null : list.iat,
    checkedAt: now,
  };
}
