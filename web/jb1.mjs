/**
 * JB1 verifier for browsers and Node 18 or newer: no dependency, no network, WebCrypto only.
 *
 * Written from docs/verifier.md, apart from the Python verifier, and checked against the same vectors
 * (docs/vectors). A caller scans a text, then:
 *
 *     const keys = await KeySet.fromJwks(jwksText);
 *     const verified = await verify(text, keys);        // throws NotACode, Forged
 *     const verdict = judge(verified, now, status);     // now in epoch seconds, status 0 to 3 or null
 *
 * `not-issued` is the one reason that is missing here: only the issuer's store can tell.
 */

const subtle = (globalThis.crypto ?? (await import('node:crypto')).webcrypto).subtle;

export const CLOCK_SKEW = 300;
export const MAX_TEXT = 2048;
export const MAX_TIME = 253402300799;
export const MAX_INFLATED = 2 ** 18;
const MAX_TOKEN = MAX_INFLATED + 4096;
const MAX_DEPTH = 16;

/** The text is no inspection-mark code: a bad request, not a verdict. */
export class NotACode extends Error {}

/** No published key vouches for the code; `reason` is from the closed list. */
export class Forged extends Error {
  constructor(reason) {
    super(reason);
    this.reason = reason;
  }
}

/** A key set or status list that must not be used. */
export class Untrusted extends Error {
  constructor(reason) {
    super(reason);
    this.reason = reason;
  }
}

// --- 1. The text ------------------------------------------------------------------------------------------

const BLANK = '[ \\t\\n\\r\\f\\v]*';
const GRAMMAR = new RegExp(
  `^${BLANK}(?:[A-Za-z][A-Za-z0-9+.-]*://[^/ \\t\\n\\r\\f\\v]{1,255}/[Vv]/)?([A-Za-z2-7]+)${BLANK}$`,
);

/** Certificate bytes in a scanned text; throws NotACode. */
export function parseCode(text) {
  if (text.length > MAX_TEXT || !/^[\x00-\x7f]*$/.test(text)) throw new NotACode('too long, or not ASCII');
  const match = GRAMMAR.exec(text);
  if (match === null) throw new NotACode('not of the form HTTPS://<HOST>/V/<BASE32>');
  const bytes = fromBase32(match[1]);
  if (bytes[0] !== 0xd2) throw new NotACode('does not begin like a certificate');
  return bytes;
}

function fromBase32(letters) {
  const bytes = [];
  let held = 0;
  let bits = 0;
  for (let n = 0; n < letters.length; n += 1) {
    const code = letters.charCodeAt(n);
    // 2-7 are 26 to 31; A-Z and a-z 0 to 25. The grammar lets nothing else through.
    held = (held << 5) | (code < 0x40 ? code - 0x32 + 26 : (code & 0x1f) - 1);
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes.push((held >> bits) & 0xff);
    }
    held &= (1 << bits) - 1;
  }
  if (bits >= 5 || held !== 0) throw new NotACode('not Base32 in its only form');
  return Uint8Array.from(bytes);
}

// --- CBOR: reads anything well-formed, notes what is not deterministic --------------------------------------

class Malformed extends Error {}

class Tag {
  constructor(number, content) {
    this.number = number;
    this.content = content;
  }
}

class Simple {
  constructor(number) {
    this.number = number;
  }
}

/** A map as it stands in the bytes: a list of [key, value], in which keys may repeat. */
class Pairs {
  constructor(list) {
    this.list = list;
  }

  /** Value of a key that stands there exactly once; integers are bigint, so that 1.0 and true are no 1. */
  get(key) {
    const found = this.list.filter(([name]) => name === key);
    return found.length === 1 ? found[0][1] : undefined;
  }

  /** Whether the keys are these, in whatever order, each once. */
  hasExactly(...keys) {
    return this.list.length === keys.length && keys.every((key) => this.get(key) !== undefined);
  }

  /** As `hasExactly`, for a map of which the last of repeated keys counts. */
  lastOf(...keys) {
    const last = new Map(this.list);
    return last.size === keys.length && keys.every((key) => last.has(key)) ? last : null;
  }
}

const BREAK = Symbol('break');
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

class Reader {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
    this.deterministic = true;
  }

  take(size) {
    const end = this.at + size;
    if (end > this.bytes.length) throw new Malformed('the bytes end too early');
    const taken = this.bytes.subarray(this.at, end);
    this.at = end;
    return taken;
  }

  /** The argument of a head as bigint. */
  argument(form) {
    if (form < 24) return BigInt(form);
    const size = 2 ** (form - 24);
    let value = 0n;
    for (const byte of this.take(size)) value = (value << 8n) | BigInt(byte);
    if (value < (size === 1 ? 24n : 1n << BigInt(4 * size))) this.deterministic = false;
    return value;
  }

  /** An argument that counts bytes or items still to come, `each` of them at least. */
  count(form, each = 1) {
    const value = this.argument(form);
    if (value * BigInt(each) > BigInt(this.bytes.length - this.at)) throw new Malformed('the bytes end too early');
    return Number(value);
  }

  text(size) {
    try {
      return utf8.decode(this.take(size));
    } catch (error) {
      throw error instanceof Malformed ? error : new Malformed('text is no UTF-8');
    }
  }

  item(depth = 0, mayBreak = false) {
    if (depth > MAX_DEPTH) throw new Malformed('nested too deeply');
    const initial = this.take(1)[0];
    const major = initial >> 5;
    const form = initial & 31;
    if (initial === 0xff && mayBreak) return BREAK;
    if (form >= 28 && form <= 30) throw new Malformed('reserved');
    if (form === 31 && (major < 2 || major > 5)) throw new Malformed('reserved');
    if (major === 7) return this.simpleOrFloat(form);
    if (form === 31) {
      this.deterministic = false;
      return this.indefinite(major, depth);
    }
    switch (major) {
      case 0:
        return this.argument(form);
      case 1:
        return -1n - this.argument(form);
      case 2:
        return this.take(this.count(form)).slice();
      case 3:
        return this.text(this.count(form));
      case 4:
        return Array.from({ length: this.count(form) }, () => this.item(depth + 1));
      case 5:
        return this.map(this.count(form, 2), depth);
      default:
        return this.tag(this.argument(form), depth);
    }
  }

  map(count, depth) {
    const list = [];
    let previous = new Uint8Array();
    for (let n = 0; n < count; n += 1) {
      const start = this.at;
      const key = this.item(depth + 1);
      const encoded = this.bytes.subarray(start, this.at);
      if (compare(encoded, previous) <= 0) this.deterministic = false;
      previous = encoded;
      list.push([key, this.item(depth + 1)]);
    }
    return new Pairs(list);
  }

  tag(number, depth) {
    const content = this.item(depth + 1);
    const isBig = (number === 2n || number === 3n) && content instanceof Uint8Array;
    if (isBig && (content.length <= 8 || content[0] === 0)) this.deterministic = false;
    return new Tag(number, content);
  }

  indefinite(major, depth) {
    const items = [];
    for (;;) {
      const item = major < 4 ? this.chunk(major) : this.item(depth + 1, true);
      if (item === BREAK) break;
      items.push(item);
    }
    if (major === 2) return concat(...items);
    if (major === 3) return items.join('');
    if (major === 4) return items;
    if (items.length % 2 === 1) throw new Malformed('a map ends after a key');
    return new Pairs(items.flatMap((key, n) => (n % 2 === 0 ? [[key, items[n + 1]]] : [])));
  }

  chunk(major) {
    const initial = this.take(1)[0];
    if (initial === 0xff) return BREAK;
    if (initial >> 5 !== major || (initial & 31) > 27) throw new Malformed('a part of a string is no string');
    const size = this.count(initial & 31);
    return major === 2 ? this.take(size).slice() : this.text(size);
  }

  simpleOrFloat(form) {
    if (form < 20) return new Simple(form);
    if (form < 24) return [false, true, null, new Simple(23)][form - 20];
    if (form === 24) {
      const [number] = this.take(1);
      if (number < 32) throw new Malformed('a simple value below 32 takes one byte');
      return new Simple(number);
    }
    const bytes = this.take(2 ** (form - 24));
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const value = [halfAt, (v) => v.getFloat32(0), (v) => v.getFloat64(0)][form - 25](view);
    const shortest = Number.isNaN(value) || fitsHalf(value) ? 2 : Math.fround(value) === value ? 4 : 8;
    const isOneNaN = !Number.isNaN(value) || view.getUint16(0) === 0x7e00;
    if (bytes.length !== shortest || !isOneNaN) this.deterministic = false;
    return value;
  }
}

function halfAt(view) {
  const bits = view.getUint16(0);
  const exponent = (bits >> 10) & 31;
  const mantissa = bits & 1023;
  const sign = bits >> 15 ? -1 : 1;
  if (exponent === 0) return sign * mantissa * 2 ** -24;
  if (exponent === 31) return mantissa ? NaN : sign * Infinity;
  return sign * (1024 + mantissa) * 2 ** (exponent - 25);
}

function fitsHalf(value) {
  const size = Math.abs(value);
  if (size === 0 || size === Infinity) return true;
  if (size > 65504) return false;
  return Number.isInteger(size / 2 ** (Math.max(Math.floor(Math.log2(size)), -14) - 10));
}

function decode(bytes) {
  const reader = new Reader(bytes);
  const value = reader.item();
  const whole = reader.at === bytes.length;
  return { value, whole, deterministic: whole && reader.deterministic };
}

function compare(a, b) {
  for (let n = 0; n < Math.min(a.length, b.length); n += 1) if (a[n] !== b[n]) return a[n] - b[n];
  return a.length - b.length;
}

function concat(...parts) {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

// --- 2. The shape -----------------------------------------------------------------------------------------

const isBytes = (value, size) => value instanceof Uint8Array && (size === undefined || value.length === size);
const isUint = (value, max) => typeof value === 'bigint' && value >= 0n && value <= max;
const matches = (value, pattern) => typeof value === 'string' && pattern.test(value);

/** COSE_Sign1's four parts, or null. */
function parts(value) {
  if (!(value instanceof Tag) || value.number !== 18n || !Array.isArray(value.content)) return null;
  const [header, unprotectedHeader, payload, signature] = value.content;
  const isRight =
    value.content.length === 4 &&
    isBytes(header) &&
    unprotectedHeader instanceof Pairs &&
    unprotectedHeader.list.length === 0 &&
    isBytes(payload) &&
    isBytes(signature, 64);
  return isRight ? { header, payload, signature } : null;
}

function sigStructure(header, payload) {
  const name = new TextEncoder().encode('Signature1');
  return concat([0x84, 0x6a], name, byteString(header), [0x40], byteString(payload));
}

function byteString(bytes) {
  const size = bytes.length;
  if (size < 24) return concat([0x40 | size], bytes);
  if (size < 2 ** 8) return concat([0x58, size], bytes);
  if (size < 2 ** 16) return concat([0x59, size >> 8, size & 0xff], bytes);
  return concat([0x5a, size >>> 24, (size >>> 16) & 0xff, (size >>> 8) & 0xff, size & 0xff], bytes);
}

/** Step 2: a certificate of the right shape, of which nothing may be believed yet; throws Forged. */
export function openCertificate(bytes) {
  try {
    const outer = decode(bytes);
    const found = parts(outer.value);
    if (found === null || found.header.length === 0) throw new Forged('wrong-header');
    const header = decode(found.header);
    const kid = certificateKid(header.value);
    if (kid === null) throw new Forged('wrong-header');
    const payload = decode(found.payload);
    if (!outer.deterministic || !header.deterministic || !payload.deterministic) throw new Forged('not-canonical');
    return {
      kid,
      claims: claimsOf(payload.value),
      toBeSigned: sigStructure(found.header, found.payload),
      signature: found.signature,
    };
  } catch (error) {
    throw error instanceof Malformed ? new Forged('malformed') : error;
  }
}

function certificateKid(header) {
  const last = header instanceof Pairs ? header.lastOf(1n, 4n) : null;
  return last !== null && last.get(1n) === -7n && isBytes(last.get(4n), 8) ? last.get(4n) : null;
}

function claimsOf(value) {
  const bad = new Forged('bad-claims');
  if (!(value instanceof Pairs) || !value.hasExactly(1n, 4n, 6n, 7n, 65535n, -65537n)) throw bad;
  const [iss, exp, iat, cti, status, mark] = [1n, 4n, 6n, 7n, 65535n, -65537n].map((label) => value.get(label));
  if (!matches(iss, /^[0-9]{6}$/) || !isUint(exp, BigInt(MAX_TIME)) || !isUint(iat, BigInt(MAX_TIME))) throw bad;
  if (!isBytes(cti, 16)) throw bad;
  if (!(status instanceof Pairs) || !status.hasExactly('status_list')) throw bad;
  const list = status.get('status_list');
  if (!(list instanceof Pairs) || !list.hasExactly('idx', 'uri')) throw bad;
  const [idx, uri] = [list.get('idx'), list.get('uri')];
  if (!isUint(idx, 2n ** 64n - 1n) || !matches(uri, /^[!-~]+$/)) throw bad;
  if (!(mark instanceof Pairs) || !mark.hasExactly(1n, 2n, 3n, 4n)) throw bad;
  const [plate, plateClass, vehicleType, use] = [1n, 2n, 3n, 4n].map((label) => mark.get(label));
  if (!matches(plate, /^[\p{L}\p{N}]+$/u) || plate.normalize('NFC') !== plate) throw bad;
  if (!matches(plateClass, /^[0-9]{2}$/) || !matches(vehicleType, /^[0-9A-Z]{3}$/) || !matches(use, /^[0-9A-Z]$/)) {
    throw bad;
  }
  return { iss, exp: Number(exp), iat: Number(iat), cti, idx, uri, plate, plateClass, vehicleType, use };
}

// --- 3. to 5. Keys, signature, issuer -----------------------------------------------------------------------

/** A published key set: `{version, keys}`; make it with `KeySet.fromJwks`. */
export class KeySet {
  constructor(version, keys) {
    this.version = version;
    this.keys = keys;
  }

  /** Read a published set from its JSON text. Keys of other profiles are skipped; throws Untrusted. */
  static async fromJwks(text) {
    try {
      const document = JSON.parse(text);
      const ours = document.keys.filter(isOurProfile);
      return new KeySet(integer(document.version), await Promise.all(ours.map(readKey)));
    } catch (error) {
      throw new Untrusted('malformed-set');
    }
  }

  /** Names {code, zh, en} of a division, or undefined. */
  issuer(code) {
    return this.keys.flatMap((key) => key.issuers).find((issuer) => issuer.code === code);
  }

  /** Steps 3 and 4: the key that made the signature; throws Forged. */
  async whoSigned({ kid, purpose, iat, toBeSigned, signature }) {
    const candidates = this.keys.filter(
      (key) => compare(key.kid, kid) === 0 && key.purpose === purpose && key.nbf <= iat && iat < key.exp,
    );
    if (candidates.length === 0) throw new Forged('unknown-key');
    const trusted = candidates.filter((key) => key.revokedAt === null);
    if (trusted.length === 0) throw new Forged('key-revoked');
    for (const key of trusted) {
      if (await subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, key.publicKey, signature, toBeSigned)) return key;
    }
    throw new Forged('bad-signature');
  }
}

function isOurProfile(jwk) {
  const { kty, crv, alg, use, purpose } = jwk;
  const isKnown = purpose === 'certificate' || purpose === 'status-list';
  return kty === 'EC' && crv === 'P-256' && alg === 'ES256' && use === 'sig' && isKnown;
}

async function readKey(jwk) {
  const point = concat([4], fromBase64url(jwk.x, 32), fromBase64url(jwk.y, 32));
  const [nbf, exp] = [integer(jwk.nbf), integer(jwk.exp)];
  const issuers = jwk.issuers ?? [];
  const isRight =
    Array.isArray(issuers) &&
    issuers.every(({ code, zh, en }) => matches(code, /^[0-9]{6}$/) && [zh, en].every((s) => typeof s === 'string'));
  if (!isRight || nbf >= exp || (jwk.purpose === 'certificate' && issuers.length === 0)) throw new TypeError();
  return {
    kid: fromBase64url(jwk.kid, 8),
    purpose: jwk.purpose,
    issuers,
    nbf,
    exp,
    revokedAt: jwk.revoked_at === undefined || jwk.revoked_at === null ? null : integer(jwk.revoked_at),
    publicKey: await subtle.importKey('raw', point, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['verify']),
  };
}

function integer(value) {
  if (!Number.isInteger(value) || value < 0 || value > MAX_TIME) throw new TypeError();
  return value;
}

/** Exactly `size` bytes in base64url without padding, in the only form. */
function fromBase64url(text, size) {
  if (!matches(text, /^[A-Za-z0-9_-]*$/)) throw new TypeError();
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  const bytes = Uint8Array.from(binary, (letter) => letter.charCodeAt(0));
  const again = btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
  if (bytes.length !== size || again !== text) throw new TypeError();
  return bytes;
}

/** Steps 1 to 5: {claims, key, certificate}; throws NotACode, Forged. */
export async function verify(text, keys) {
  const certificate = parseCode(text);
  const { kid, claims, toBeSigned, signature } = openCertificate(certificate);
  const key = await keys.whoSigned({ kid, purpose: 'certificate', iat: claims.iat, toBeSigned, signature });
  if (!key.issuers.some((issuer) => issuer.code === claims.iss)) throw new Forged('issuer-not-allowed');
  return { claims, key, certificate };
}

// --- 6. and 7. Verdict --------------------------------------------------------------------------------------

/** The verdict as of `now` (epoch seconds); `status` is null where there is no usable list. */
export function judge({ claims }, now, status) {
  if (claims.iat > now + CLOCK_SKEW) return 'not_yet_valid';
  if (now >= claims.exp) return 'expired';
  return { 1: 'revoked', 2: 'suspended', 3: 'superseded' }[status] ?? 'valid';
}

/** Certificate id as it is printed: 26 characters of Crockford Base32. */
export function certificateId(cti) {
  const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
  let number = cti.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  let text = '';
  for (let n = 0; n < 26; n += 1) {
    text = alphabet[Number(number & 31n)] + text;
    number >>= 5n;
  }
  return text;
}

// --- Status lists -------------------------------------------------------------------------------------------

/**
 * The list named `uri` in a token (bytes): {uri, iat, exp, ttl, entries, status(index, now)}; throws Untrusted.
 * The caller refuses a list whose `exp` is past, or whose `iat` is older than that of the list it has.
 */
export async function readStatusList(token, keys, uri) {
  if (token.length > MAX_TOKEN) throw new Untrusted('too-large');
  try {
    const found = parts(whole(token));
    const kid = found === null ? null : listKid(whole(found.header));
    if (kid === null) throw new Untrusted('wrong-header');
    const claims = await listClaims(whole(found.payload));
    await keys.whoSigned({
      kid,
      purpose: 'status-list',
      iat: claims.iat,
      toBeSigned: sigStructure(found.header, found.payload),
      signature: found.signature,
    });
    if (claims.uri !== uri) throw new Untrusted('wrong-subject');
    return claims;
  } catch (error) {
    if (error instanceof Malformed) throw new Untrusted('malformed');
    throw error instanceof Forged ? new Untrusted(error.reason) : error;
  }
}

function whole(bytes) {
  const decoded = decode(bytes);
  if (!decoded.whole) throw new Malformed('bytes follow the item');
  return decoded.value;
}

function listKid(header) {
  const isRight =
    header instanceof Pairs &&
    header.hasExactly(1n, 4n, 16n) &&
    header.get(1n) === -7n &&
    header.get(16n) === 'application/statuslist+cwt';
  return isRight && isBytes(header.get(4n)) ? header.get(4n) : null;
}

async function listClaims(value) {
  const bad = new Untrusted('bad-claims');
  if (!(value instanceof Pairs)) throw bad;
  const [uri, exp, iat, ttl, list] = [2n, 4n, 6n, 65534n, 65533n].map((label) => value.get(label));
  if (typeof uri !== 'string' || !isUint(exp, BigInt(MAX_TIME)) || !isUint(iat, BigInt(MAX_TIME))) throw bad;
  // A `ttl` is optional, but not a wrong one. One that stands there twice counts as absent.
  if (ttl !== undefined && ttl !== null && !isUint(ttl, BigInt(MAX_TIME))) throw bad;
  if (!(list instanceof Pairs) || list.get('bits') !== 2n || !isBytes(list.get('lst'))) throw bad;
  const entries = await inflate(list.get('lst'));
  const end = Number(exp);
  return {
    uri,
    iat: Number(iat),
    exp: end,
    ttl: ttl === undefined || ttl === null ? null : Number(ttl),
    entries,
    /** Value of an entry; null when the index is out of range, or the list past its `exp`. */
    status(index, now) {
      const place = Number(index);
      if (now >= end || place >= entries.length * 4) return null;
      return (entries[Math.floor(place / 4)] >> ((place % 4) * 2)) & 3;
    },
  };
}

/** One whole zlib stream (RFC 1950) of at most MAX_INFLATED bytes; reads no further once it is more. */
async function inflate(lst) {
  const reader = new Blob([lst]).stream().pipeThrough(new DecompressionStream('deflate')).getReader();
  const chunks = [];
  let size = 0;
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      size += value.length;
      if (size > MAX_INFLATED) {
        reader.cancel().catch(() => {});
        throw new Untrusted('too-large');
      }
      chunks.push(value);
    }
  } catch (error) {
    throw error instanceof Untrusted ? error : new Untrusted('malformed');
  }
  const entries = concat(...chunks);
  // Not every platform refuses what follows the stream: its last four bytes have to be its own checksum.
  if (lst.length < 6 || compare(lst.subarray(-4), adler32(entries)) !== 0) throw new Untrusted('malformed');
  return entries;
}

function adler32(bytes) {
  let [a, b] = [1, 0];
  for (const byte of bytes) {
    a = (a + byte) % 65521;
    b = (b + a) % 65521;
  }
  return Uint8Array.of(b >> 8, b & 0xff, a >> 8, a & 0xff);
}
