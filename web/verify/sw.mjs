/**
 * Service worker of /verify and of nothing else: the page and what it loads, so that it opens without a network.
 *
 * The page comes from the network where there is one, and is kept, with everything it names, each time. Files of
 * /assets/ never change under their name, so what is kept is as good as new. Keys and status lists are none of its
 * business: the page keeps those itself, because only it can tell whether to trust them.
 */

/* global VERSION */
const CACHE = `jianbiao-verify-${VERSION}`;
const LANGUAGES = ['zh-CN', 'en'];
const PATIENCE = 5000;

const keyOf = (lang) => `/verify?lang=${lang}`;

addEventListener('install', (event) => {
  event.waitUntil(
    Promise.all(LANGUAGES.map((lang) => fetch(keyOf(lang), { cache: 'no-cache' }).then(keepPage))).then(() => skipWaiting()),
  );
});

addEventListener('activate', (event) => {
  event.waitUntil(
    (async () => {
      const names = await caches.keys();
      const old = names.filter((name) => name.startsWith('jianbiao-verify-') && name !== CACHE);
      await Promise.all(old.map((name) => caches.delete(name)));
      await clients.claim();
    })(),
  );
});

addEventListener('message', (event) => {
  const names = event.data?.keep;
  if (!Array.isArray(names)) return;
  const kept = keepAssets(names.map((name) => `/assets/${name}`)).then(
    () => 'kept',
    () => 'failed',
  );
  event.waitUntil(kept.then((said) => event.ports[0]?.postMessage(said)));
});

addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== location.origin) return;
  if (request.mode === 'navigate' && url.pathname === '/verify') event.respondWith(page(event, url));
  else if (url.pathname.startsWith('/assets/')) event.respondWith(asset(request));
});

async function page(event, url) {
  try {
    const response = await fetch(event.request, { signal: AbortSignal.timeout(PATIENCE) });
    if (response.status >= 500) throw new Error('the server has no page now');
    event.waitUntil(keepPage(response.clone()).catch(() => {}));
    return response;
  } catch {
    const wanted = url.searchParams.get('lang') ?? (/^zh\b/.test(navigator.language) ? 'zh-CN' : 'en');
    const kept = (await match(keyOf(wanted))) ?? (await match(keyOf(LANGUAGES[0])));
    return kept ?? Response.error();
  }
}

async function asset(request) {
  return (await match(request)) ?? fetch(request);
}

async function match(request) {
  return (await caches.open(CACHE)).match(request, { ignoreVary: true });
}

/** A page is kept after all that it names, or not at all. */
async function keepPage(response) {
  if (!response.ok) throw new Error(`status ${response.status}`);
  const text = await response.clone().text();
  const lang = /<html lang="([A-Za-z-]+)"/.exec(text)[1];
  await keepAssets(text.match(/\/assets\/[\w.-]+/g) ?? []);
  await (await caches.open(CACHE)).put(keyOf(lang), response);
}

async function keepAssets(paths) {
  const cache = await caches.open(CACHE);
  for (const path of new Set(paths)) {
    if ((await cache.match(path, { ignoreVary: true })) === undefined) await cache.add(path);
  }
}
