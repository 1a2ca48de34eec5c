/**
 * What this device verifies with: the key set and the status lists, kept in the browser's cache storage.
 *
 * Everything is fetched from this page's own origin. A key set with a lower version, and a list that is older than
 * the one at hand, are never taken; what is kept is parsed and checked again at every start, as if it had just come.
 */

import { KeySet, Untrusted, readStatusList } from '../jb1.mjs';

const SHELF = 'jianbiao-trust';
const KEYS = '/.well-known/jwks.json';
const LISTS = '/status-lists';
const MOST_LISTS = 16;
const PATIENCE = 10_000;
const STAMP = 'x-fetched-at';

export class Trust {
  constructor() {
    this.keys = null;
    this.keysAt = null;
    this.lists = new Map();
    /** Minutes by which the clock of this device is ahead of the server's; null where unknown. */
    this.clockOff = null;
  }

  /** The list with this name, or undefined. */
  list(uri) {
    return this.lists.get(uri);
  }

  /** Whether the newest state known for `uri` is older than its issuer wants it to be (`ttl`). */
  isStale(uri, now) {
    const list = this.lists.get(uri);
    return list === undefined || now >= list.exp || now - list.fetchedAt > (list.ttl ?? 300);
  }

  /** Take what the last visit left. */
  async load() {
    const shelf = await caches.open(SHELF);
    const kept = await shelf.match(KEYS);
    if (kept === undefined) return;
    try {
      this.keys = await KeySet.fromJwks(await kept.clone().text());
      this.keysAt = Number(kept.headers.get(STAMP));
    } catch {
      return;
    }
    for (const request of await shelf.keys()) {
      const { pathname, searchParams } = new URL(request.url);
      const uri = searchParams.get('uri');
      if (!pathname.startsWith(`${LISTS}/`) || uri === null) continue;
      const response = await shelf.match(request);
      await this.#take(uri, new Uint8Array(await response.arrayBuffer()), Number(response.headers.get(STAMP)));
    }
  }

  /** `iat` of the oldest list at hand; null where there is none, or one is past its end. */
  asOf(now) {
    const lists = [...this.lists.values()];
    if (lists.length === 0 || lists.some(({ exp }) => now >= exp)) return null;
    return Math.min(...lists.map(({ iat }) => iat));
  }

  /**
   * Fetch what is newer. Returns what became of { keys, lists }: 'updated', 'no-network', 'no-answer', 'older' or
   * 'refused', the worst of all lists; null for lists that were not asked for, as the keys come first. What is at hand
   * stays usable whatever happens.
   */
  async update() {
    const keys = await this.#updateKeys();
    return { keys, lists: keys === 'updated' ? await this.#updateLists() : null };
  }

  async #updateLists() {
    const directory = await fetched(LISTS);
    if (typeof directory === 'string') return directory;
    let outcome = 'updated';
    try {
      const { status_lists: named } = JSON.parse(await directory.text());
      for (const { uri, path } of named.slice(0, MOST_LISTS)) outcome = worse(outcome, await this.#updateList(uri, path));
    } catch {
      return 'refused';
    }
    return outcome;
  }

  async #updateKeys() {
    const response = await fetched(KEYS);
    if (typeof response === 'string') return response;
    this.clockOff = clockOff(response);
    const text = await response.text();
    try {
      const keys = await KeySet.fromJwks(text);
      if (this.keys !== null && keys.version < this.keys.version) return 'older';
      [this.keys, this.keysAt] = [keys, seconds()];
    } catch (error) {
      if (error instanceof Untrusted) return 'refused';
      throw error;
    }
    await keep(KEYS, text, this.keysAt);
    return 'updated';
  }

  async #updateList(uri, path) {
    const url = new URL(path, location.origin);
    if (url.origin !== location.origin || !url.pathname.startsWith(`${LISTS}/`)) return 'refused';
    const response = await fetched(url.pathname);
    if (typeof response === 'string') return response;
    const token = new Uint8Array(await response.arrayBuffer());
    const now = seconds();
    const said = await this.#take(uri, token, now);
    if (said === 'updated') await keep(`${url.pathname}?uri=${encodeURIComponent(uri)}`, token, now);
    return said;
  }

  /** A list into the set of those in use, if it stands up to the keys and is not older than what is there. */
  async #take(uri, token, fetchedAt) {
    try {
      const list = await readStatusList(token, this.keys, uri);
      if (list.iat < (this.lists.get(uri)?.iat ?? 0)) return 'older';
      this.lists.set(uri, { ...list, fetchedAt });
      return 'updated';
    } catch (error) {
      if (error instanceof Untrusted) return 'refused';
      throw error;
    }
  }
}

const seconds = () => Math.floor(Date.now() / 1000);

/** A response of our own origin, or why there is none to use: 'no-network', or 'no-answer' but an error. */
async function fetched(path) {
  try {
    const response = await fetch(path, { cache: 'no-cache', credentials: 'omit', signal: AbortSignal.timeout(PATIENCE) });
    return response.ok ? response : 'no-answer';
  } catch {
    return 'no-network';
  }
}

async function keep(path, body, at) {
  const shelf = await caches.open(SHELF);
  await shelf.put(path, new Response(body, { headers: { [STAMP]: String(at) } }));
}

function worse(one, other) {
  const order = ['updated', 'no-network', 'no-answer', 'older', 'refused'];
  return order.indexOf(other) > order.indexOf(one) ? other : one;
}

function clockOff(response) {
  const date = Date.parse(response.headers.get('date') ?? '');
  return Number.isNaN(date) ? null : Math.round((Date.now() - date) / 60_000);
}
