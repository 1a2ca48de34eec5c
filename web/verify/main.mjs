/** The page /verify: camera, picture or text in; verdict out. Nothing that is scanned leaves the device. */

import { NotACode, parseCode } from '../jb1.mjs';
import { Camera } from './camera.mjs';
import { hasOwn } from './decoder.mjs';
import { inspect } from './judge.mjs';
import { told } from './news.mjs';
import { prepare } from './offline.mjs';
import { Problem, textIn } from './picture.mjs';
import { Words, moment, rendered } from './show.mjs';
import { Trust } from './trust.mjs';

const part = (id) => document.getElementById(id);
const words = new Words(JSON.parse(part('known').textContent));
const trust = new Trust();
const camera = new Camera({ view: part('view'), torch: part('torch'), zoom: part('zoom') });
const now = () => Math.floor(Date.now() / 1000);

/** Judge a text with what this device has, after a look for newer lists where that is due. */
async function answer(text) {
  progress(0);
  await ready;
  if (trust.keys === null) await refresh();
  if (trust.keys === null) throw new Problem('no-keys');
  let finding = await inspect(text, trust, now());
  const isUnknown = finding.reason === 'unknown-key';
  if (navigator.onLine && (isUnknown || (finding.claims !== null && trust.isStale(finding.claims.uri, now())))) {
    await refresh();
    finding = await inspect(text, trust, now());
  }
  const base32 = text.trim().replace(/^.*\//, '').toUpperCase();
  show(rendered(finding, words, `/V/${base32}?lang=${words.known.lang}`), '.verdict h1');
}

/** Do `work`, and tell what goes wrong in words. */
async function attempt(work) {
  // The verdict on the code before must not be taken for the one on this.
  part('result').hidden = true;
  part('result').replaceChildren();
  try {
    await work();
  } catch (error) {
    const code = error instanceof NotACode ? 'not-a-code' : error.code;
    if (words.known.problems[code] === undefined) throw error;
    tell(code);
  } finally {
    progress(null);
  }
}

function tell(code) {
  const fragment = document.querySelector('template[data-problem]').content.cloneNode(true);
  const [what, todo] = words.known.problems[code];
  words.write(fragment.querySelector('h2'), what);
  words.write(fragment.querySelector('p'), todo);
  show(fragment, 'h2');
}

function show(fragment, heading) {
  const result = part('result');
  result.replaceChildren(fragment);
  result.hidden = false;
  result.querySelector('[data-again]')?.addEventListener('click', again);
  const title = result.querySelector(heading);
  title.tabIndex = -1;
  title.focus({ preventScroll: true });
  result.scrollIntoView({ block: 'start' });
}

function again() {
  part('result').hidden = true;
  part('text').value = '';
  part('picture').value = '';
  part('tool').scrollIntoView({ block: 'start' });
  part('start').focus({ preventScroll: true });
}

/** Say what is being done (an index of `working`), or nothing. */
function progress(which) {
  if (which === null) part('progress').replaceChildren();
  else words.write(part('progress'), words.known.working[which]);
}

async function scan() {
  part('camera').hidden = false;
  part('start').hidden = true;
  try {
    const text = await camera.scan((code) => {
      if (code === null) part('progress').replaceChildren();
      else words.write(part('progress'), words.known.problems[code][0]);
    });
    stop();
    if (text === null) return;
    navigator.vibrate?.(80);
    await answer(text);
  } finally {
    stop();
  }
}

function stop() {
  camera.stop();
  part('camera').hidden = true;
  part('start').hidden = false;
}

async function read(file) {
  if (!file) return;
  stop();
  progress(1);
  await answer(await textIn(file));
}

// --- keys and lists -----------------------------------------------------------------------------------------

async function refresh() {
  words.write(part('news'), words.state('updating'));
  const said = told(await trust.update(), trust, words, now());
  const off = Math.abs(trust.clockOff ?? 0);
  if (off >= 5) words.write(part('news'), words.state('clock', { n: off }));
  else if (said === null) part('news').replaceChildren();
  else words.write(part('news'), said);
  showData();
}

function showData() {
  const at = now();
  if (trust.keys === null) words.write(part('keys'), words.state('keys-none'));
  else words.write(part('keys'), words.state('keys', { version: trust.keys.version, age: words.age(trust.keysAt, at) }));
  const [asOf, oldest] = [trust.asOf(at), Math.min(...[...trust.lists.values()].map(({ iat }) => iat))];
  if (trust.lists.size === 0) words.write(part('lists'), words.state('lists-none'));
  else if (asOf === null) words.write(part('lists'), words.state('lists-ended', { as_of: moment(oldest) }));
  else {
    const values = { count: trust.lists.size, as_of: moment(asOf), age: words.age(asOf, at) };
    words.write(part('lists'), words.state('lists', values));
  }
}

// --- start --------------------------------------------------------------------------------------------------

async function start() {
  if (!globalThis.isSecureContext || !globalThis.crypto?.subtle || !globalThis.DecompressionStream) {
    tell('insecure');
    return;
  }
  part('tool').hidden = part('data').hidden = false;
  await trust.load();
  showData();
  setInterval(showData, 30_000);
  globalThis.addEventListener('online', refresh);
  void refresh();
  void getReadyForOffline();
}

/** Nothing waits for this: where there is no service worker, everything but opening the page offline works. */
async function getReadyForOffline() {
  words.write(part('offline'), words.state('offline-waiting'));
  const spare = (await hasOwn()) ? [] : words.known.spare;
  words.write(part('offline'), words.state((await prepare(spare)) ? 'offline-ready' : 'offline-impossible'));
}

part('start').addEventListener('click', () => attempt(scan));
part('stop').addEventListener('click', stop);
part('update').addEventListener('click', refresh);
part('picture').addEventListener('change', ({ target }) => attempt(() => read(target.files[0])));
part('check').addEventListener('click', () =>
  attempt(() => {
    parseCode(part('text').value);
    return answer(part('text').value);
  }),
);
document.addEventListener('visibilitychange', () => document.hidden && stop());
document.addEventListener('paste', (event) => {
  const [file] = event.clipboardData?.files ?? [];
  if (file) attempt(() => read(file));
});
document.addEventListener('dragover', (event) => {
  event.preventDefault();
  part('tool').classList.add('over');
});
document.addEventListener('dragleave', () => part('tool').classList.remove('over'));
document.addEventListener('drop', (event) => {
  event.preventDefault();
  part('tool').classList.remove('over');
  attempt(() => read(event.dataTransfer.files[0]));
});

const ready = start();
export { NotACode, inspect, trust };
